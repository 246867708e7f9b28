import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import * as fs from "node:fs/promises";
import * as path from "node:path";
import { describe, expect, it } from "vitest";
import type { Environment } from "../../../src/exec/action.ts";
import { inline, python, pythonAction, resolve } from "../../../src/exec/conformance/case.ts";
import { HostExecutor } from "../../../src/exec/host/host-executor.ts";
import {
  clock,
  harnessFor,
  optionsFor,
  PACKAGE_ROOT,
  removeTemporaryFolders,
  repository,
  temporary,
} from "./harness.ts";

removeTemporaryFolders();
/** With uv in it: the tests below are about environments, not about fetching uv. */
const storeRoot = await temporary();
const { folder: repo } = await repository();
const harness = await harnessFor(storeRoot);
await python(harness, { code: "pass" });

const listed = async (name: string) => (await fs.readdir(path.join(storeRoot, name)).catch(() => [])).sort();

function runAction(): { readonly child: ChildProcess; readonly said: Promise<string> } {
  const script = path.join(PACKAGE_ROOT, "test/exec/host/run-action.ts");
  const child = spawn(process.execPath, ["--import", "tsx", script, storeRoot, repo], {
    cwd: PACKAGE_ROOT,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let text = "";
  child.stdout?.on("data", (piece) => (text += piece));
  child.stderr?.on("data", (piece) => (text += piece));
  return { child, said: once(child, "close").then(() => text) };
}

const version = /uv==(\S+)/.exec(await fs.readFile(path.join(PACKAGE_ROOT, "src/toolchains/uv.txt"), "utf8"))?.[1];

/** A wheel of one module, made by hand: no build tool is needed to try an installation. */
async function wheel(text: string, tag = "py3-none-any"): Promise<Environment["project"]> {
  const folder = await temporary();
  const file = path.join(folder, `sample-1.0-${tag}.whl`);
  const code = `
import sys, zipfile
with zipfile.ZipFile(sys.argv[1], "w") as z:
    z.writestr("sample.py", sys.argv[2])
    z.writestr("sample-1.0.dist-info/METADATA", "Metadata-Version: 2.1\\nName: sample\\nVersion: 1.0\\nRequires-Dist: not-there\\n")
    z.writestr("sample-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\\nGenerator: test\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
    z.writestr("sample-1.0.dist-info/entry_points.txt", "[console_scripts]\\nsample = sample:main\\n")
    z.writestr("sample-1.0.dist-info/RECORD", "")`;
  execFileSync("python3", ["-c", code, file, text]);
  return { kind: "output", action: folder, output: "wheel" };
}

describe("an environment", () => {
  it("that was being built when its process was killed is built anew, and nothing of the first try stays", async () => {
    const before = await listed("envs");
    const first = runAction();
    const inTheMiddle = async () => {
      for (const run of await listed("runs")) {
        const begun = await fs.stat(path.join(storeRoot, "runs", run, "env", "pyvenv.cfg")).catch(() => undefined);
        if (begun !== undefined) return true;
      }
      return false;
    };
    while (first.child.exitCode === null && !(await inTheMiddle())) await new Promise((wake) => setTimeout(wake, 5));
    first.child.kill("SIGKILL");
    expect(await first.said).toBe("");
    expect(await listed("envs")).toEqual(before);
    expect((await listed("runs")).length).toBeGreaterThan(0);

    expect(await runAction().said).toBe(`uv ${version}\n`);
    expect((await listed("envs")).length).toBe(before.length + 1);
    expect(await listed("runs")).toEqual([]);
  });

  it("that two processes need at once is there once, whole, for both", async () => {
    const before = await listed("envs");
    const uvEnvironments = before.length;
    for (const name of before) {
      const marker = path.join(storeRoot, "envs", name, "bin", "uv");
      if ((await fs.stat(marker).catch(() => undefined)) !== undefined) {
        await fs.rm(path.join(storeRoot, "envs", name), { recursive: true });
      }
    }
    const both = [runAction(), runAction()];
    expect(await Promise.all(both.map((b) => b.said))).toEqual([`uv ${version}\n`, `uv ${version}\n`]);
    expect((await listed("envs")).length).toBe(Math.max(uvEnvironments, 2));
    expect(await listed("runs")).toEqual([]);
  });

  it("is stamped with the time of its last use", async () => {
    const began = clock.now().getTime();
    await python(await harnessFor(storeRoot), { code: "pass" });
    const stamps = (await listed("envs")).map((name) =>
      fs.readFile(path.join(storeRoot, "envs", name, ".used"), "utf8"),
    );
    expect(Math.max(...(await Promise.all(stamps)).map((text) => Date.parse(text)))).toBeGreaterThanOrEqual(began);
  });

  it("that cannot be stamped is used all the same, as in a store that can only be read", async () => {
    const action = pythonAction("", {
      code: "pass",
      action: {
        toolchain: { image: "python", python: "any", environments: { plain: { lock: inline({ "l.txt": "" }) } } },
      },
    });
    const how = { signal: new AbortController().signal, onLine: () => undefined, admit: async () => () => undefined };
    const run = async () => harness.executor.run(action, await resolve(harness.executor, action), how);
    const before = new Set(await listed("envs"));
    await run();
    for (const name of (await listed("envs")).filter((n) => !before.has(n))) {
      const stamp = path.join(storeRoot, "envs", name, ".used");
      await fs.rm(stamp);
      await fs.mkdir(stamp);
    }
    expect((await run()).status).toEqual({ kind: "exited", code: 0 });
  });

  it("holds the project's wheel on top of the lock, without its dependencies, and leaves the one below as it was", async () => {
    const { executor } = harness;
    const run = async (text: string, tag?: string) => {
      const project = await wheel(text, tag);
      const action = pythonAction("", { code: "import sample; print(sample.TEXT)" });
      const trees = await resolve(executor, action);
      const lock = trees.environments["plain"]?.lock;
      if (lock === undefined || project?.kind !== "output") throw new Error("the trees are missing");
      const tree = await executor.import(project.action);
      const how = { signal: new AbortController().signal, onLine: () => undefined, admit: async () => () => undefined };
      return executor.run(action, { ...trees, environments: { plain: { lock, project: tree } } }, how);
    };
    expect((await run("TEXT = 'one'")).stdout).toBe("one\n");
    expect((await run("TEXT = 'two'")).stdout).toBe("two\n");
    // Compiled for another Python: the installer's words would blame the index.
    await expect(run("", "cp39-cp39-linux_x86_64")).rejects.toMatchObject({
      code: "ENVIRONMENT_FAILED",
      message: expect.stringMatching(/^sample-1\.0-cp39\S+ is compiled for Python 3\.9 alone/),
      problems: [{ remedy: expect.stringContaining("python.versions") }],
    });
    const plain = await python(harness, { code: "import sample" });
    expect(plain.stderr).toContain("No module named 'sample'");
  });

  it("that cannot be built says so in uv's own words, without the index's host", async () => {
    const hostEnv = {
      ...process.env,
      UV_DEFAULT_INDEX: "http://user:pass@127.0.0.1:9/simple",
      PIP_FIND_LINKS: undefined,
    };
    const executor = new HostExecutor(await optionsFor(storeRoot, { hostEnv }));
    const lock = inline({ "l.txt": `no-such-package==1.0 --hash=sha256:${"0".repeat(64)}\n` });
    const action = pythonAction("", {
      code: "pass",
      action: { toolchain: { image: "python", python: "any", environments: { plain: { lock } } } },
    });
    const how = { signal: new AbortController().signal, onLine: () => undefined, admit: async () => () => undefined };
    const failure = await executor.run(action, await resolve(executor, action), how).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: "ENVIRONMENT_FAILED" });
    const message = String(failure);
    expect(message).toMatch(/build environment plain for Python 3\.\d+/);
    expect(message).toContain("no-such-package");
    expect(message).not.toContain("Using Python");
    expect(message).not.toMatch(/127\.0\.0\.1|user|pass@/);
  });

  it("refuses a lock without hashes", async () => {
    const executor = harness.executor;
    const lock = inline({ "l.txt": "uv\n" });
    const action = pythonAction("", {
      code: "pass",
      action: { toolchain: { image: "python", python: "any", environments: { plain: { lock } } } },
    });
    const how = { signal: new AbortController().signal, onLine: () => undefined, admit: async () => () => undefined };
    await expect(executor.run(action, await resolve(executor, action), how)).rejects.toThrow(/hash|pinned/i);
  });

  it("needs exactly one requirement file", async () => {
    const executor = harness.executor;
    const lock = inline({ "a.txt": "", "b.lock": "" });
    const action = pythonAction("", {
      code: "pass",
      action: { toolchain: { image: "python", python: "any", environments: { plain: { lock } } } },
    });
    const how = { signal: new AbortController().signal, onLine: () => undefined, admit: async () => () => undefined };
    await expect(executor.run(action, await resolve(executor, action), how)).rejects.toThrow("found a.txt, b.lock");
  });
});
