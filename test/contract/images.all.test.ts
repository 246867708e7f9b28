/** Which container images the module asks an engine for, and how they are replaced by a mirror's. */
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { dag } from "@dagger.io/dagger";
import { afterEach, beforeEach, expect, test } from "vitest";
import { VoicekeyPipeline } from "../../src/index.ts";
import { IMAGES } from "../../src/toolchains/images.ts";
import { connected } from "./connect.ts";
import { type Answer, type Engine, startEngine } from "./engine.ts";
import type { Files, Work as Told } from "./exporting.ts";
import { expanded } from "./graph.ts";
import { engineWith, planOnTheHost, type TinyApp, tinyApp } from "./tiny-app.ts";

const KEYS = Object.keys(IMAGES);
/** For each image of the catalogue, one of a mirror. */
function mirrored(mirror: string): Replacements {
  const digest = (index: number) => (index + 1).toString(16).repeat(64);
  return Object.fromEntries(KEYS.map((key, index) => [key, `${mirror}.example/${key}@sha256:${digest(index)}`]));
}
const [CONFIG, CALL] = [mirrored("config"), mirrored("call")];
const PLAIN = `schema: 1
app: { name: tiny }
python: { versions: ["3.11", "3.12", "3.13"], packages: [tiny], lock: requirements.lock, build-lock: requirements-build.lock }
checks: { unit-tests: { paths: [tests] } }
`;
const REPLACED = `${PLAIN}images: ${JSON.stringify(CONFIG)}\n`;

const before = process.cwd();
let tiny: TinyApp;
let engine: Engine | undefined;
beforeEach(() => {
  tiny = tinyApp({ "pipeline.yaml": REPLACED, "plain.yaml": PLAIN });
  // The conformance suite, whose git is asked about this repository here, wants two commits.
  execFileSync("git", ["commit", "--quiet", "--allow-empty", "--message", "second"], { cwd: tiny.app });
  process.chdir(tiny.folder);
});
afterEach(async () => {
  process.chdir(before);
  tiny.remove();
  await engine?.close();
});

type Replacements = Readonly<Record<string, string>>;

interface Given {
  readonly config?: string;
  readonly images?: readonly string[];
}

type Body = (pipeline: VoicekeyPipeline) => Promise<unknown>;

interface Called {
  /** Every image that a container of any query began with. */
  readonly images: readonly string[];
  /** How many queries came. */
  readonly requests: number;
  readonly value?: unknown;
  readonly error?: Error;
}

/** Commands do not run in the stand-in and leave what others need, so functions end with a red report; what was asked for is known all the same. */
async function call(body: Body, given: Given = {}, answer: Answer = engineWith(tiny.app, outputs)): Promise<Called> {
  const started = await startEngine(answer);
  engine = started;
  const outcome = await connected(started, () =>
    body(new VoicekeyPipeline(dag.host().directory("app"), given.config, [...(given.images ?? [])])).then(
      (value) => ({ value }),
      (error: Error) => ({ error }),
    ),
  );
  expect(started.refused).toEqual([]);
  const calls = [...started.asked, ...started.ids.values()].flatMap((chain) => chain.calls);
  const images = calls.filter((c) => c.field === "from").map((c) => String(c.args["address"]));
  return { ...outcome, images: [...new Set(images)].sort(), requests: started.requests.length };
}

function outputs({ outputs: names }: Pick<Told, "outputs">): Files {
  const files: Record<string, string> = {};
  if (names.includes("wheel")) files["out/wheel/tiny-1-py3-none-any.whl"] = "";
  if (names.includes("lock")) files["out/lock/runtime.txt"] = "";
  return files;
}

const named = (images: Replacements): string[] => KEYS.map((key) => `${key}=${images[key]}`);
const of = (images: Replacements, keys: readonly string[]) => [...new Set(keys.map((key) => images[key]))].sort();

const FUNCTIONS: readonly (readonly [name: string, body: Body, keys: readonly string[]])[] = [
  ["pr-checks", (p) => p.prChecks(), KEYS],
  ["evidence", async (p) => (await p.evidence()).id(), KEYS],
  ["selfproof", (p) => p.selfproof(), KEYS],
  ["unit-tests", (p) => p.unitTests(), KEYS.filter((key) => key !== "python")],
  ["format", (p) => p.format(), ["git", "python"]],
  ["build-dist", async (p) => (await p.buildDist()).id(), ["git", "python-3.11"]],
  ["baseline", async (p) => (await p.baseline()).id(), KEYS],
  ["debug", async (p) => (await p.debug("unit-tests@3.12")).id(), ["git", "python-3.11", "python-3.12"]],
  ["plan", (p) => p.plan("json"), ["git"]],
  ["conformance", (p) => p.conformance(), ["git", "python"]],
];

test.each(FUNCTIONS)("%s asks for the images that the config names, and for no other", async (_, body, keys) => {
  expect((await call(body)).images).toEqual(of(CONFIG, keys));
});

test.each(FUNCTIONS)("%s asks for the images that the call names before the config's", async (_, body, keys) => {
  expect((await call(body, { images: named(CALL) })).images).toEqual(of(CALL, keys));
});

/** Those that open the source in a way of their own. */
const SOME = FUNCTIONS.filter(([name]) => ["format", "plan", "conformance"].includes(name));

test.each(SOME)("%s asks for the catalogue's images where nothing replaces them", async (_, body, keys) => {
  expect((await call(body, { config: "plain.yaml" })).images).toEqual(of(IMAGES, keys));
});

test("an image that the call does not name is the config's", async () => {
  const { images } = await call((p) => p.format(), { images: [`git=${CALL["git"]}`] });
  expect(images).toEqual([CALL["git"], CONFIG["python"]].sort());
});

test("a config that names mirrors and a call that names the same ones are the same plan", async () => {
  const planned = async (given: Given) => (await call((p) => p.plan("json"), given)).value;
  expect(await planned({ config: "plain.yaml", images: named(CONFIG) })).toBe(await planned({}));
});

test.each(["plain.yaml", "pipeline.yaml"])(
  "a plan that no call's image is part of has the host's digest: %s",
  async (config) => {
    const { value } = await call((p) => p.plan("json"), { config });
    const host = await planOnTheHost(tiny.app, { configFile: join(tiny.app, config) });
    expect(JSON.parse(String(value))).toMatchObject({ digest: host.digest });
  },
);

test.each(SOME)(
  "%s names every argument that is no image, the keys, and asks an engine for nothing",
  async (_, body) => {
    const digest = `sha256:${"0".repeat(64)}`;
    const wrong = [
      "git",
      "git=mirror.example/git:2",
      `gti=mirror.example/git@${digest}`,
      `=mirror.example/git@${digest}`,
    ];
    const { error, requests } = await call(body, { images: [...wrong, ...named(CALL)] });
    expect(error?.message).toMatch(/^error USAGE: /);
    for (const argument of wrong) expect(error?.message).toContain(`--images ${argument}: `);
    expect(error?.message.match(/--images /g)).toHaveLength(wrong.length);
    expect(error?.message).toContain(`keys are ${KEYS.join(", ")}`);
    expect(requests).toBe(0);
  },
);

/** A registry that has all images but one. */
function without(key: string): Answer {
  const inner = engineWith(tiny.app, outputs);
  return (chain, engine) => {
    const calls = expanded(chain, engine.ids);
    const missing = calls.some((c) => c.field === "from" && c.args["address"] === CONFIG[key]);
    if (missing && calls.at(-1)?.field === "sync" && calls.at(-2)?.field === "from") throw new Error("no such host");
    return inner(chain, engine);
  };
}

test.each(SOME)("%s says of a git image that cannot be had where another one is named", async (_, body) => {
  const { error } = await call(body, {}, without("git"));
  expect(error?.message).toMatch(
    /^error MACHINE_FAILED: the image config\.example\/git@sha256:5+ cannot be had: no such host/,
  );
  expect(error?.message).toContain("`images: { git: NAME@sha256:DIGEST }`");
  expect(error?.message).toContain("`dagger call --images git=NAME@sha256:DIGEST …`");
});

test("an image of a check that cannot be had is told in the same words", async () => {
  const { error } = await call((p) => p.format(), {}, without("python"));
  expect(error?.message).toContain(`the image ${CONFIG["python"]} cannot be had: no such host`);
  expect(error?.message).toContain("`images: { python: NAME@sha256:DIGEST }`");
});
