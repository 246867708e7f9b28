/**
 * The one way into another repository, as README describes it: the packed tarball, installed into a clone that has nothing of Node's and nothing of
 * ours. Every command is typed as there, through npx.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { hostGit } from "../../src/exec/git.ts";
import { loadBundle } from "../../src/plan/bundle.ts";
import { prepare } from "../../src/plan/prepare.ts";
import { REPOSITORY, readRepositoryFile, repositoryPaths } from "../files.ts";
import type { Finished } from "./command.ts";
import { smallApp } from "./command.ts";

const NPX = ["--no", "voicekey-pipeline"];

let folder = "";
let clone = "";
let installed = "";
let packed = { digest: "", file: "" };

function pack(outdir: string, umask: string): { digest: string; file: string } {
  const command = `umask ${umask} && exec node "$0" --outdir "$1"`;
  const said = execFileSync("sh", ["-c", command, join(REPOSITORY, "scripts/pack.mjs"), outdir], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
  });
  const [digest = "", name = ""] = said.trim().split("  ");
  return { digest, file: join(outdir, name) };
}

const npx = (...args: string[]): Finished => npxWith(inject("scenarioStore"), ...args);

function npxWith(cache: string, ...args: string[]): Finished {
  const { status, stdout, stderr } = spawnSync("npx", [...NPX, ...args], {
    cwd: clone,
    encoding: "utf8",
    env: { ...process.env, VOICEKEY_PIPELINE_CACHE: cache },
  });
  return { exit: status, stdout, stderr };
}

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "vkp-packed-"));
  packed = pack(join(folder, "packed"), "022");
  const app = smallApp({
    "pipeline.yaml": 'schema: 1\npython: { versions: ["3.11"] }\n',
    ".gitignore": "node_modules/\n",
  });
  clone = join(folder, "clone");
  execFileSync("git", ["clone", "--quiet", app.folder, clone]);
  app.dispose();
  cpSync(packed.file, join(clone, basename(packed.file)));
  const command = `npm install --save-dev ./${basename(packed.file)}`;
  if (!readRepositoryFile("README.md").includes(`\n${command}\n`)) throw new Error(`README does not say ${command}`);
  // Offline: the tarball is all that the installation may need.
  const quiet = ["--offline", "--no-audit", "--no-fund"];
  execFileSync("npm", [...command.split(" ").slice(1), ...quiet], { cwd: clone, stdio: "pipe" });
  installed = join(clone, "node_modules/voicekey-pipeline");
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("the packed command", () => {
  test("is the same bytes when it is packed again, whoever packs it", () => {
    expect(pack(join(folder, "again"), "077").digest).toBe(packed.digest);
  });

  test("is installed alone, with its integrity hash in the lock file and no script to run", () => {
    const names = readdirSync(join(clone, "node_modules")).filter((name) => !name.startsWith("."));
    expect(names).toEqual(["voicekey-pipeline"]);
    const { packages } = JSON.parse(readFileSync(join(clone, "package-lock.json"), "utf8"));
    expect(packages["node_modules/voicekey-pipeline"].integrity).toMatch(/^sha512-/);
    const manifest = JSON.parse(readFileSync(join(installed, "package.json"), "utf8"));
    expect([manifest.dependencies, manifest.scripts]).toEqual([undefined, undefined]);
  });

  test("brings every harness, poison and lock that a plan can name, the container's wrapper, the schema and the licences", async () => {
    const ours = await loadBundle(REPOSITORY);
    const theirs = await loadBundle(installed);
    for (const root of ["src/steps", "src/toolchains", "src/exec"])
      expect(theirs.entries(root)).toEqual(ours.entries(root));
    const pages = repositoryPaths().filter((p) => /^(docs|schema)\//.test(p));
    for (const file of [...pages, "dagger/contain.py", "LICENSE", "README.md", "CHANGELOG.md"])
      expect(readFileSync(join(installed, file)).equals(readFileSync(join(REPOSITORY, file))), file).toBe(true);
    expect(readFileSync(join(installed, "dist/LICENSES.txt"), "utf8")).toMatch(/^yaml \d/m);
  });

  test("brings nothing that only its development needs", () => {
    const files = readdirSync(installed, { recursive: true, encoding: "utf8" });
    expect(files.filter((f) => /\.ts$|^(?:test|fixtures|scripts)\b/.test(f))).toEqual([]);
  });
});

describe("in a clone that has nothing else", () => {
  test("list names the checks, and explain what each one is", () => {
    const { exit, stdout } = npx("list");
    expect(exit).toBe(0);
    expect(stdout).toMatch(/^unit-tests /m);
    expect(npx("explain", "lint").exit).toBe(0);
  });

  test("doctor says what the machine needs, and its own commands as they are typed there", () => {
    // In an empty cache folder something always lacks that a run of ours would bring.
    const { stdout, exit } = npxWith(join(folder, "empty-cache"), "doctor", "--json");
    expect(exit).toBe(0);
    const ours = (JSON.parse(stdout) as { needs: { remedy?: { command: string } }[] }).needs
      .map((n) => n.remedy?.command ?? "")
      .filter((command) => command.includes("voicekey"));
    expect(ours.length).toBeGreaterThan(0);
    for (const command of ours) expect(command).toMatch(/^npx --no voicekey-pipeline /);
  });

  test("the plan is the one that this repository would make of it", async () => {
    const { stdout } = npx("plan", "pr-checks", "--format", "json");
    const here = await prepare({
      ...{ source: clone, goal: "pr-checks", only: [], skip: [], prove: true },
      git: hostGit(clone, process.env),
      packageRoot: REPOSITORY,
    });
    expect(JSON.parse(stdout).digest).toBe(here.plan.digest);
  });

  test("pr-checks runs the checks and their proofs, and leaves evidence that names commands of the clone", () => {
    const { exit, stderr } = npx("pr-checks", "--strict", "--only", "format,lint");
    expect(exit, stderr).toBe(0);
    expect(JSON.parse(readFileSync(join(clone, "evidence/verdict.json"), "utf8"))).toMatchObject({
      outcome: "passed",
      proved: true,
    });
    expect(readFileSync(join(clone, "evidence/report.md"), "utf8")).toContain(
      "npx --no voicekey-pipeline plan pr-checks",
    );
    expect(statSync(join(clone, "evidence/report.html")).size).toBeGreaterThan(10_000);
  }, 300_000);

  test("--on dagger is refused where Dagger's SDK is not installed, with what to do", () => {
    const { exit, stderr } = npx("pr-checks", "--on", "dagger");
    expect(exit).toBe(3);
    expect(stderr).toContain("error ENGINE_UNREACHABLE: the package @dagger.io/dagger cannot be loaded");
    expect(stderr).toMatch(
      /what to do: .*@dagger\.io\/dagger 0\.21\.8 beside this command; or run without --on dagger/,
    );
  });

  test("an error names the next command as it is typed there", () => {
    const { exit, stderr } = npx("pr-checks", "--only", "lnit");
    expect(exit).toBe(2);
    expect(stderr).toContain("See `npx --no voicekey-pipeline list`.");
  });

  test("npx runs nothing where it is not installed", () => {
    const { status, stdout } = spawnSync("npx", ["--offline", ...NPX, "list"], { cwd: folder, encoding: "utf8" });
    expect(status).not.toBe(0);
    expect(stdout).not.toContain("unit-tests");
    expect(existsSync(join(folder, "node_modules"))).toBe(false);
  });
});
