import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, symlinkSync, truncateSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, inject, it } from "vitest";
import type { Scenario } from "./command.ts";
import { reds, scenario, smallApp, stepOf } from "./command.ts";

const open: Scenario[] = [];
const kept = (s: Scenario): Scenario => {
  open.push(s);
  return s;
};
afterEach(() => {
  for (const s of open.splice(0)) s.dispose();
});

/** Only root may make a mount of its own without a user namespace, in which git would distrust the files. */
const canMount = process.getuid?.() === 0 && spawnSync("unshare", ["--mount", "true"]).status === 0;

const QUICK = ["--only", "format,lint"];

describe("bad input", () => {
  it("that is no repository is exit 2 with the remedy", async () => {
    const made = kept(scenario({ "pipeline.yaml": "schema: 1\n" }));
    execFileSync("rm", ["-rf", join(made.folder, ".git")]);
    const { exit, stderr } = await made.run(["pr-checks"]);
    expect(exit).toBe(2);
    expect(stderr).toContain("NOT_A_REPOSITORY");
    expect(stderr).toContain("git init");
  });

  it("that is an empty repository is exit 2 and leaves nothing behind", async () => {
    const made = kept(scenario({}));
    const { exit, stderr } = await made.run(["pr-checks"]);
    expect(exit).toBe(2);
    expect(stderr).toContain("CONFIG_NOT_FOUND");
    expect(readdirSync(made.folder)).toEqual([".git"]);
  });

  it("that has a config and no application is exit 2 with every problem", async () => {
    const made = kept(scenario({ "pipeline.yaml": "schema: 1\napp: { root: gone }\nchecks: { lnt: {} }\n" }));
    const { exit, stderr } = await made.run(["pr-checks"]);
    expect(exit).toBe(2);
    expect(stderr).toMatch(/pipeline\.yaml:2:\d+.*gone/);
    expect(stderr).toMatch(/pipeline\.yaml:3:\d+.*lnt/);
    expect(stderr).toContain("lint");
  });

  it("that selects no step at all is exit 2, never green", async () => {
    const made = kept(smallApp({}));
    const { exit, stderr } = await made.run(["pr-checks", "--only", "lint", "--skip", "lint"]);
    expect(exit).toBe(2);
    expect(stderr).toContain("--only and --skip together leave no step");
    expect(stderr).toContain("Skip fewer steps");
  });

  it("that is malformed YAML is exit 2 with the line", async () => {
    const made = kept(smallApp({ "pipeline.yaml": "schema: 1\nchecks: [\n" }));
    const { exit, stderr } = await made.run(["pr-checks"]);
    expect(exit).toBe(2);
    expect(stderr).toMatch(/pipeline\.yaml:\d+:\d+/);
  });

  it("that has a lock which git ignores is exit 2, since the plan would be another one elsewhere", async () => {
    const made = kept(smallApp({ ".gitignore": "requirements.lock\n" }));
    made.write("requirements.lock", `x==1 --hash=sha256:${"0".repeat(64)}\n`);
    const { exit, stderr } = await made.run(["plan", "pr-checks"]);
    expect(exit).toBe(2);
    expect(stderr).toContain("Commit requirements.lock");
  });

  it("that has a baseline which git ignores is exit 2, since nothing would be excused elsewhere", async () => {
    const made = kept(smallApp({ ".gitignore": "pipeline-baseline.json\n" }));
    made.write("pipeline-baseline.json", '{ "schema": 1, "steps": {} }\n');
    const { exit, stderr } = await made.run(["plan", "pr-checks"]);
    expect(exit).toBe(2);
    expect(stderr).toContain("Commit pipeline-baseline.json");
  });

  it("that names a base which does not exist is exit 2", async () => {
    const { exit, stderr } = await kept(smallApp()).run(["pr-checks", "--base", "no-such-branch"]);
    expect(exit).toBe(2);
    expect(stderr).toContain("BASE_NOT_FOUND");
  });

  it("that names an evidence folder with other people's files touches none of them", async () => {
    const made = kept(smallApp({ "precious/file.txt": "mine\n" }));
    const { exit, stderr } = await made.run(["pr-checks", ...QUICK, "--evidence", "precious"]);
    expect(exit).toBe(2);
    expect(stderr).toContain("EVIDENCE_UNWRITABLE");
    expect(readdirSync(join(made.folder, "precious"))).toEqual(["file.txt"]);
  });
});

describe("a machine", () => {
  it("without Python can do nothing: every step is refused with its remedy, exit 3", async () => {
    const made = kept(smallApp());
    const bin = join(made.folder, "..", "bin");
    mkdirSync(bin);
    symlinkSync(execFileSync("which", ["git"], { encoding: "utf8" }).trim(), join(bin, "git"));
    const { exit, verdict } = await made.check(["--no-cache"], {
      store: join(made.folder, "..", "store"),
      env: { PATH: bin, HOME: join(made.folder, ".."), PYENV_ROOT: join(made.folder, "..") },
    });
    const wanted = verdict.steps.filter((s) => s.outcome !== "skipped");
    expect(wanted.map((s) => s.outcome)).toEqual(wanted.map(() => "refused"));
    expect(wanted.every((s) => s.remedy !== undefined && s.remedy !== "")).toBe(true);
    expect(wanted.length).toBeGreaterThan(4);
    expect(exit).toBe(3);
  });
});

describe("the Dagger door from the command line", () => {
  it("without an engine is exit 3 and says what is missing", async () => {
    const { exit, stderr } = await kept(smallApp()).run(["pr-checks", "--on", "dagger"], {
      env: { PATH: "/usr/bin:/bin" },
    });
    expect(exit).toBe(3);
    expect(stderr).toContain("ENGINE_UNREACHABLE");
  });
});

describe("an application", () => {
  it("that was never committed is checked from its working tree", async () => {
    const made = kept(scenario({}));
    const files = smallApp();
    execFileSync("cp", [
      "-r",
      ...readdirSync(files.folder)
        .filter((f) => f !== ".git")
        .map((f) => join(files.folder, f)),
      made.folder,
    ]);
    files.dispose();
    const { verdict } = await made.check(QUICK);
    expect(reds(verdict)).toEqual([]);
  });

  it("in a folder with spaces and other letters is checked like any other", async () => {
    const made = kept(smallApp({ "tests/größe und mehr.py": '"""A module."""\n' }, "Sprach äpp 語"));
    const { verdict } = await made.check(QUICK);
    expect(reds(verdict)).toEqual([]);
    expect(stepOf(verdict, "lint").facts["files"]).toBe(3);
  });

  it("with links in circles, dangling links and links out of the tree is checked all the same", async () => {
    const made = kept(smallApp());
    symlinkSync("b", join(made.folder, "a"));
    symlinkSync("a", join(made.folder, "b"));
    symlinkSync(".", join(made.folder, "src", "small", "self"));
    symlinkSync("nowhere", join(made.folder, "dangling"));
    symlinkSync("/etc", join(made.folder, "outside"));
    made.commit();
    expect(reds((await made.check(QUICK)).verdict)).toEqual([]);
  });

  it("with a submodule link that leads nowhere is checked all the same", async () => {
    const made = kept(smallApp());
    made.git("update-index", "--add", "--cacheinfo", `160000,${"1".repeat(40)},vendored`);
    made.git("commit", "-q", "-m", "A link without .gitmodules");
    expect(reds((await made.check(QUICK)).verdict)).toEqual([]);
  });

  it("with files of 1 GB, ignored by git or not, is checked without copying them into the store", async () => {
    const made = kept(smallApp({ ".gitignore": "ignored.bin\n" }));
    for (const name of ["ignored.bin", "kept.bin"]) {
      made.write(name, "");
      truncateSync(join(made.folder, name), 2 ** 30);
    }
    const { verdict } = await made.check(["--only", "lint"]);
    expect(reds(verdict)).toEqual([]);
  });

  it("is never written to", async () => {
    const made = kept(smallApp());
    const listing = (): string =>
      execFileSync("find", [".", "-not", "-path", "./.git*", "-printf", "%p %T@ %s\\n"], {
        cwd: made.folder,
        encoding: "utf8",
      });
    const before = listing();
    expect((await made.check([])).verdict.steps.some((s) => s.outcome === "passed")).toBe(true);
    expect(listing()).toBe(before);
  });

  it("whose tests hang is ended at its time limit and fails with that reason", async () => {
    const made = kept(
      smallApp({
        "pipeline.yaml": "schema: 1\npython: { versions: ['3.11'] }\nchecks: { unit-tests: { timeout: 4 } }\n",
        "tests/test_small.py": "import time\n\n\ndef test_hangs() -> None:\n    time.sleep(600)\n",
      }),
    );
    const { verdict, exit } = await made.check(["--only", "unit-tests", "--no-prove"]);
    expect(stepOf(verdict, "unit-tests")).toMatchObject({ outcome: "failed" });
    expect(stepOf(verdict, "unit-tests").reason).toContain("4 s");
    expect(exit).toBe(1);
  });

  it("that needs a package which does not exist fails with the installer's words", async () => {
    const lock = `no-such-package-of-voicekey==1 --hash=sha256:${"0".repeat(64)}\n`;
    const made = kept(smallApp({ "requirements.lock": lock }));
    const { verdict, exit } = await made.check(["--only", "types", "--no-prove"]);
    expect(stepOf(verdict, "types")).toMatchObject({ outcome: "failed" });
    expect(stepOf(verdict, "types").detail).toContain("no-such-package-of-voicekey");
    expect(exit).toBe(1);
  });

  it.runIf(canMount)("on a file system that is read-only is checked like any other", async () => {
    const made = kept(smallApp());
    const evidence = join(made.folder, "..", "evidence");
    const script = 'mount --bind "$1" "$1" && mount -o remount,bind,ro "$1" && cd "$1" && shift && exec "$@"';
    const command = [process.execPath, inject("scenarioCommand"), "pr-checks", ...QUICK, "--evidence", evidence];
    const env = { ...process.env, VOICEKEY_PIPELINE_CACHE: inject("scenarioStore") };
    const args = ["--mount", "sh", "-euc", script, "sh", made.folder, ...command];
    const done = spawnSync("unshare", args, { env, encoding: "utf8" });
    expect(done.status, done.stderr).toBe(0);
  });

  it("with a backlog passes while the baseline covers it, and fails on one finding more", async () => {
    const made = kept(smallApp({ "src/small/old.py": "import os\nimport sys\n" }));
    expect((await made.check(["--only", "lint"])).verdict.outcome).toBe("failed");
    expect((await made.run(["baseline"])).exit).toBe(0);
    made.commit();
    const covered = await made.check(["--only", "lint"]);
    expect(covered.verdict).toMatchObject({ outcome: "passed", proved: true });
    made.write("src/small/old.py", "import os\nimport sys\nimport re\n");
    const { verdict } = await made.check(["--only", "lint"]);
    expect(verdict.outcome).toBe("failed");
    expect(stepOf(verdict, "lint").detail).toContain("src/small/old.py");
  });
});

describe("two runs at once", () => {
  it("both end with their own verdict", async () => {
    const made = kept(smallApp());
    const [one, two] = await Promise.all([made.check(QUICK), made.check(QUICK)]);
    expect([one.verdict.outcome, two.verdict.outcome]).toEqual(["passed", "passed"]);
    expect(one.verdict.plan).toBe(two.verdict.plan);
    expect(readFileSync(join(one.evidence, "plan.json"), "utf8")).toBe(
      readFileSync(join(two.evidence, "plan.json"), "utf8"),
    );
  });
});
