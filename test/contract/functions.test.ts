import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type Container, type Directory, dag } from "@dagger.io/dagger";
import { afterAll, beforeAll, expect, test } from "vitest";
import { REPORTS } from "../../src/evidence/report-names.ts";
import { VoicekeyPipeline } from "../../src/index.ts";
import { connected } from "./connect.ts";
import { described } from "./described.ts";
import { type Engine, startEngine } from "./engine.ts";
import { engineWith, planOnTheHost, type TinyApp, tinyApp } from "./tiny-app.ts";

const before = process.cwd();
let tiny: TinyApp;
beforeAll(() => {
  tiny = tinyApp();
  process.chdir(tiny.folder);
});
afterAll(() => {
  process.chdir(before);
  tiny.remove();
});

interface Called<T> {
  readonly value?: T;
  readonly error?: Error;
  /** What the engine would have done. */
  readonly stream: string;
}

/** Calls a function of the façade as Dagger does; every query must be one that the engine's schema allows, and the engine itself. */
async function call<T>(
  app: TinyApp,
  body: (pipeline: VoicekeyPipeline) => Promise<T>,
  config?: string,
): Promise<Called<T>> {
  const engine: Engine = await startEngine(engineWith(app.app));
  try {
    const outcome = await connected(engine, async () =>
      body(new VoicekeyPipeline(dag.host().directory("app"), config)).then(
        (value) => ({ value }),
        (error: Error) => ({ error }),
      ),
    );
    expect(engine.refused).toEqual([]);
    expect(engine.denied).toEqual([]);
    return { ...outcome, stream: described(engine) };
  } finally {
    await engine.close();
  }
}

const golden = (name: string) => `golden/function-${name}.txt`;

test.each([
  ["format", (p: VoicekeyPipeline): Promise<unknown> => p.format()],
  ["lint", (p: VoicekeyPipeline) => p.lint()],
  ["types", (p: VoicekeyPipeline) => p.types()],
  ["unit-tests", (p: VoicekeyPipeline) => p.unitTests()],
  ["build-dist", (p: VoicekeyPipeline) => p.buildDist()],
  ["install-smoke", (p: VoicekeyPipeline) => p.installSmoke()],
  ["pr-checks", (p: VoicekeyPipeline) => p.prChecks()],
  ["selfproof", (p: VoicekeyPipeline) => p.selfproof()],
])("%s asks only what the schema allows, and throws the report when it is red", async (name, body) => {
  const { error, stream } = await call(tiny, body);
  expect(error?.message).toMatch(/failed/);
  expect(error?.message).toContain("plan sha256:");
  await expect(stream).toMatchFileSnapshot(golden(name));
});

test("evidence comes back as a folder also when the run is red", async () => {
  const { value, stream } = await call(tiny, async (p) =>
    (await p.evidence(["lint"], [], undefined, false, true)).id(),
  );
  expect(value).toMatch(/^Directory@/);
  const folder = readdirSync(tiny.folder).find((f) => f.startsWith("voicekey-evidence-")) ?? "";
  const evidence = readdirSync(join(tiny.folder, folder));
  expect(evidence).toEqual(expect.arrayContaining(["journal.jsonl", "plan.json", "steps", "verdict.json", ...REPORTS]));
  await expect(stream).toMatchFileSnapshot(golden("evidence"));
});

test("a run that is to be strict and partial at once is refused before it asks the engine anything", async () => {
  const { error } = await call(tiny, (p) => p.prChecks([], [], undefined, true, false, true));
  expect(error?.message).toMatch(/^error USAGE: a strict run is a whole one/);
});

test("a plan is the same through both doors", async () => {
  const { value, stream } = await call(tiny, (p) => p.plan("json"));
  expect(JSON.parse(value ?? "")).toEqual(await planOnTheHost(tiny.app));
  await expect(stream).toMatchFileSnapshot(golden("plan"));
});

test("a build-dist that is skipped leaves its reason where the packages would be", async () => {
  const other = tinyApp({ "calm.yaml": 'schema: 1\nchecks: { build-dist: { skip: "no packages yet" } }\n' });
  process.chdir(other.folder);
  try {
    const { value, error } = await call(other, async (p) => (await p.buildDist()).id(), "calm.yaml");
    expect(error).toBeUndefined();
    expect(value).toMatch(/^Directory@/);
    const folder = readdirSync(other.folder).find((f) => f.startsWith("voicekey-skipped-")) ?? "";
    expect(readFileSync(join(other.folder, folder, "SKIPPED.txt"), "utf8")).toBe("no packages yet\n");
  } finally {
    process.chdir(tiny.folder);
    other.remove();
  }
});

test("a new baseline comes back at its place in the repository, and with nothing beside it", async () => {
  const other = tinyApp({
    "pipeline-baseline.json": '{ "schema": 1, "steps": { "lint": { "src/a.py": { "E501": 3 } } } }',
  });
  process.chdir(other.folder);
  try {
    const { value, error } = await call(other, async (p) => (await p.baseline()).id());
    expect(error).toBeUndefined();
    expect(value).toMatch(/^Directory@/);
    const folder = readdirSync(other.folder).find((f) => f.startsWith("voicekey-baseline-")) ?? "";
    expect(readdirSync(join(other.folder, folder))).toEqual(["pipeline-baseline.json"]);
    const text = readFileSync(join(other.folder, folder, "pipeline-baseline.json"), "utf8");
    expect(JSON.parse(text)).toMatchObject({ schema: 1 });
  } finally {
    process.chdir(tiny.folder);
    other.remove();
  }
});

test("debug gives the container of the step's command, everything before it done", async () => {
  const { value, error, stream } = await call(tiny, async (p) => (await p.debug("lint")).id());
  expect(error).toBeUndefined();
  expect(value).toMatch(/^Container@/);
  await expect(stream).toMatchFileSnapshot(golden("debug"));
});

test("a run in which nothing is red returns its report", async () => {
  const skip = (reason: string) => `{ skip: ${reason} }`;
  const checks = ["format", "lint", "types", "unit-tests", "dependencies-declared", "build-dist", "install-smoke"]
    .map((id) => `${id}: ${skip("later")}`)
    .join(", ");
  const other = tinyApp({ "calm.yaml": `schema: 1\npython: { packages: [tiny] }\nchecks: { ${checks} }\n` });
  process.chdir(other.folder);
  try {
    const { value, error } = await call(other, (p) => p.prChecks(), "calm.yaml");
    expect(error).toBeUndefined();
    expect(value).toContain("later");
    const strict = await call(other, (p) => p.prChecks([], [], undefined, true, true), "calm.yaml");
    expect(strict.error?.message).toContain("plan sha256:");
  } finally {
    process.chdir(tiny.folder);
    other.remove();
  }
});

test.each([
  [
    "an unknown check",
    (p: VoicekeyPipeline): Promise<unknown> => p.prChecks(["lnit"]),
    /UNKNOWN_STEP[\s\S]*lint[\s\S]*what to do: See `dagger functions`/,
  ],
  [
    "an unknown format",
    (p: VoicekeyPipeline): Promise<unknown> => p.plan("yaml"),
    /USAGE[\s\S]*mermaid[\s\S]*what to do/,
  ],
  ["an unknown step", (p: VoicekeyPipeline): Promise<Container> => p.debug("lnit"), /UNKNOWN_STEP[\s\S]*lint/],
  [
    "an unknown base",
    (p: VoicekeyPipeline): Promise<Directory> => p.evidence([], [], "gone"),
    /BASE_NOT_FOUND[\s\S]*gone/,
  ],
])("%s is told with its code, cause and remedy in the message", async (_, body, message) => {
  const { error } = await call(tiny, body);
  expect(error?.message).toMatch(message);
});

test("evidence tells which door made it", () => {
  const folder = readdirSync(tiny.folder).find((f) => f.startsWith("voicekey-evidence-")) ?? "";
  expect(JSON.parse(readFileSync(join(tiny.folder, folder, "verdict.json"), "utf8"))).toMatchObject({
    where: "dagger",
  });
  const report = readFileSync(join(tiny.folder, folder, "report.md"), "utf8");
  expect(report).toMatch(/^dagger call debug --step \S+ terminal /m);
  expect(report).not.toContain("npx");
});
