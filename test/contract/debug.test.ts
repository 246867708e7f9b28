/** The container that `debug` gives to a person. Its terminal's wrapper is tried in contain.test.ts. */
import { dag } from "@dagger.io/dagger";
import { afterEach, beforeEach, expect, test } from "vitest";
import { CONTAIN } from "../../dagger/layout.ts";
import { VoicekeyPipeline } from "../../src/index.ts";
import { connected } from "./connect.ts";
import { forcedExecs } from "./cost.ts";
import { described } from "./described.ts";
import { type Engine, startEngine } from "./engine.ts";
import type { Files, Work as Told } from "./exporting.ts";
import type { Call } from "./graph.ts";
import { flat } from "./recipe.ts";
import { engineWith, type TinyApp, tinyApp } from "./tiny-app.ts";

const before = process.cwd();
let tiny: TinyApp;
let engine: Engine;
beforeEach(async () => {
  tiny = tinyApp();
  process.chdir(tiny.folder);
  engine = await startEngine(engineWith(tiny.app, wheel));
});
afterEach(async () => {
  process.chdir(before);
  tiny.remove();
  await engine.close();
});

function wheel({ outputs }: Pick<Told, "outputs">): Files {
  return outputs.includes("wheel") ? { "out/wheel/tiny-1-py3-none-any.whl": "" } : {};
}

/** The calls that the container of this step is made of. */
async function debugged(step: string, openNetwork = false): Promise<Call[]> {
  const id = await connected(engine, async () => {
    const pipeline = new VoicekeyPipeline(dag.host().directory("app"), undefined, [], undefined, openNetwork);
    return (await pipeline.debug(step)).id();
  });
  expect([engine.refused, engine.denied]).toEqual([[], []]);
  return flat(engine.ids.get(id) ?? { type: "", calls: [] }, engine.ids);
}

interface Work {
  readonly argv: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly uid: number;
  readonly cut: boolean;
  readonly projects: readonly unknown[];
}

const workOf = (args: unknown): Work => JSON.parse((args as string[]).at(-1) ?? "") as Work;

test("its terminal is the wrapper's shell in the place of the step's command: its user, environment, folder and network", async () => {
  const calls = await debugged("unit-tests");
  const terminal = calls.at(-1);
  expect(terminal?.field).toBe("withDefaultTerminalCmd");
  const args = terminal?.args["args"] as string[];
  expect(args.slice(0, -1)).toEqual(["python3", "-I", "-S", CONTAIN, "--shell"]);
  expect(workOf(args)).toMatchObject({ cwd: "in/app", uid: 65532, cut: true });
  expect(workOf(args).projects).toEqual([["/env/0/app", "/projects/0/app"]]);
  // Cutting the network takes what the engine grants; the shell itself gets none of it.
  expect(terminal?.args["insecureRootCapabilities"]).toBe(true);
});

test("its terminal is told of the same command that a run starts", async () => {
  const calls = await debugged("lint");
  const terminal = workOf(calls.at(-1)?.args["args"]);
  await connected(engine, () => new VoicekeyPipeline(dag.host().directory("app")).lint().catch(() => undefined));
  const run = [...forcedExecs(engine).values()].filter((args) => args.includes(CONTAIN)).map(workOf);
  expect(run).toContainEqual(terminal);
});

test("where the network is to stay open, its terminal asks the engine for no rights", async () => {
  const terminal = (await debugged("unit-tests", true)).at(-1);
  expect(workOf(terminal?.args["args"]).cut).toBe(false);
  expect(terminal?.args["insecureRootCapabilities"]).toBe(false);
});

test("what the step reads is run for it, and nothing else: neither the step's command nor a proof", async () => {
  const own = workOf((await debugged("unit-tests")).at(-1)?.args["args"]);
  const run = [...forcedExecs(engine).values()].filter((args) => args.includes(CONTAIN));
  expect(run).not.toContainEqual(expect.arrayContaining(["--shell"]));
  expect(run.map((args) => workOf(args).argv)).not.toContainEqual(own.argv);
  // The wheel is built, and the environments of its builder, the tests and their tools.
  expect(described(engine)).toBe(`7 execs
  1 action: python -I -B
  3 environment of a lock
  1 git: all questions at once
  1 git: installed where the image has none
  1 uv
`);
});
