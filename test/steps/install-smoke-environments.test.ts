/** What the trial of the installed application leaves, where the wheel and the sdist's wheel share an environment and where each has its own. */
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { REPOSITORY } from "../files.ts";
import { judgeInstall, WHEEL } from "./packaging/records.ts";

const HARNESS = [
  "common/voicekey_observe.py",
  "project/voicekey_requirements.py",
  "install-smoke/probe.py",
  "install-smoke/harness.py",
];

let folder = "";
/** Where `packaging` is: with the interpreter, or in its pip. */
let packaging = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "voicekey-trial-"));
  mkdirSync(join(folder, "harness"));
  for (const path of HARNESS)
    cpSync(join(REPOSITORY, "src/steps", path), join(folder, "harness", path.slice(path.indexOf("/") + 1)));
  const find =
    "try: import packaging as p\nexcept ImportError: import pip._vendor.packaging as p\nprint(p.__path__[0])";
  packaging = python("python3", ["-c", find]).stdout.trim();
  for (const name of ["one", "two"]) environment(join(folder, name));
  for (const [place, text] of [
    ["wheel", "wheel"],
    ["same", "wheel"],
    ["other", "another wheel"],
  ] as const) {
    mkdirSync(join(folder, place));
    writeFileSync(join(folder, place, WHEEL), text);
  }
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function python(program: string, argv: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const done = spawnSync(program, argv, { encoding: "utf8", env: { ...process.env, ...env } });
  if (done.status !== 0) throw new Error(done.stderr);
  return done;
}

/** An environment that holds the small application and nothing else. */
function environment(at: string): void {
  python("python3", ["-m", "venv", "--without-pip", at]);
  const [version = ""] = readdirSync(join(at, "lib"));
  const packages = join(at, "lib", version, "site-packages");
  const info = "whisper_key-0.1.dist-info";
  for (const name of ["whisperkey", info]) mkdirSync(join(packages, name));
  writeFileSync(join(packages, "whisperkey/__init__.py"), "");
  writeFileSync(join(packages, info, "METADATA"), "Metadata-Version: 2.1\nName: whisper-key\nVersion: 0.1\n");
  writeFileSync(join(packages, info, "RECORD"), `whisperkey/__init__.py,,\n${info}/METADATA,,\n${info}/RECORD,,\n`);
}

/** The judgement's facts, and how the command of the configuration ended, of a trial of these wheels in these environments. */
async function factsOf(sdist: string, environments: readonly [string, string]) {
  const report = mkdtempSync(join(folder, "report-"));
  const settings = join(report, "settings.json");
  const commands = [{ run: ["python", "-c", "import whisperkey"] }];
  writeFileSync(settings, JSON.stringify({ packages: ["whisperkey"], extras: [], commands, seconds: 60 }));
  const [first, second] = environments.map((name) => join(folder, name, "bin/python")) as [string, string];
  const argv = [report, settings, join(folder, "wheel"), first, join(folder, sdist), second];
  python("python3", [join(folder, "harness/harness.py"), ...argv], { PYTHONPATH: join(packaging, "..") });
  const files = ["run.json", "wheel.json", "sdist.json"].map((name) => [
    name,
    readFileSync(join(report, name), "utf8"),
  ]);
  const { facts, findings } = await judgeInstall({ report: Object.fromEntries(files) as Record<string, string> });
  return { facts, findings };
}

it("the facts and findings about equal wheels are the same, whether or not their environments are one", async () => {
  const shared = await factsOf("same", ["one", "one"]);
  expect(shared.facts).toMatchObject({ version: "0.1", commands: 1, tried: "the sdist makes the very same wheel" });
  expect(await factsOf("same", ["one", "two"])).toEqual(shared);
});

it("wheels that differ are both tried, and nothing says that they are the same", async () => {
  const { facts } = await factsOf("other", ["one", "two"]);
  expect(facts).toMatchObject({ version: "0.1", commands: 1 });
  expect(facts).not.toHaveProperty("tried");
});
