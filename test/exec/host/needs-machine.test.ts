import { existsSync } from "node:fs";
import * as fs from "node:fs/promises";
import * as path from "node:path";
import { describe, expect, it } from "vitest";
import { countEnvironments } from "../../../src/exec/host/needs-environments.ts";
import { type Machine, type MachineOptions, thisMachine } from "../../../src/exec/host/needs-machine.ts";
import { action } from "../../plan/fakes.ts";
import { clock, optionsFor, PACKAGE_ROOT, removeTemporaryFolders, someGuard, temporary } from "./harness.ts";

removeTemporaryFolders();
const never = new AbortController().signal;

async function machine(more: Partial<MachineOptions> = {}): Promise<Machine> {
  return thisMachine({
    packageRoot: PACKAGE_ROOT,
    storeRoot: path.join(await temporary(), "cache"),
    hostEnv: process.env,
    secrets: { get: async (name) => (name === "known" ? "value" : undefined) },
    clock,
    ...more,
  });
}

async function program(folder: string, name: string, script: string, mode = 0o755): Promise<string> {
  await fs.mkdir(folder, { recursive: true });
  const file = path.join(folder, name);
  await fs.writeFile(file, `#!/bin/sh\n${script}\n`, { mode });
  return file;
}

describe("this machine", () => {
  it("answers every question without making its cache folder", async () => {
    const here = await machine();
    const { python } = (await someGuard()).guard;
    expect((await here.interpreter("any"))?.executable).toBe(python);
    expect(await here.interpreter("3.99")).toBeUndefined();
    const { version, ...place } = await here.uv();
    expect(version).toMatch(/^\d+\.\d+/);
    expect(place).toEqual({});
    expect(["bubblewrap", "namespaces", "namespaces-bare", "none"]).toContain(await here.isolation());
    expect(await here.space(here.storeRoot)).toMatchObject({ writable: true });
    expect([await here.hasSecret("known"), await here.hasSecret("other")]).toEqual([true, false]);
    expect(existsSync(here.storeRoot)).toBe(false);
  });

  it("without Python tries no isolation", async () => {
    const here = await machine({ hostEnv: { PATH: "/nonexistent", HOME: "/nonexistent" } });
    expect(await here.isolation()).toBeUndefined();
  });

  it("finds programs on PATH that can be run, and nothing else of that name", async () => {
    const folder = await temporary();
    await program(path.join(folder, "one"), "tool", "exit 0", 0o644);
    await fs.mkdir(path.join(folder, "two", "tool"), { recursive: true });
    const third = await program(path.join(folder, "three"), "tool", "exit 0");
    const of = (...names: string[]) => names.map((n) => path.join(folder, n)).join(":");
    expect(await (await machine({ hostEnv: { PATH: of("one", "two", "three") } })).find("tool")).toBe(third);
    expect(await (await machine({ hostEnv: { PATH: of("one", "two") } })).find("tool")).toBeUndefined();
    expect(await (await machine({ hostEnv: {} })).find("tool")).toBeUndefined();
  });

  it("hands back what a program says, and its last words when it fails", async () => {
    const folder = await temporary();
    const good = await program(folder, "good", 'echo "tool $1"; echo noise >&2');
    const bad = await program(folder, "bad", "echo first >&2; echo last >&2; exit 3");
    const here = await machine();
    expect(await here.ask([good, "a b;c"], never)).toMatchObject({ ok: true, stdout: "tool a b;c\n" });
    expect(await here.ask([bad], never)).toMatchObject({ ok: false, words: "first\nlast" });
    expect((await here.ask([path.join(folder, "nowhere")], never)).ok).toBe(false);
  });

  it("gives an installer the proxy and no terminal, and a question neither proxy nor secrets", async () => {
    const folder = await temporary();
    const show = await program(folder, "show", "env");
    const hostEnv = { ...process.env, HTTPS_PROXY: "http://proxy.invalid:1", FOREIGN: "must not be seen" };
    const here = await machine({ hostEnv });
    const installing = (await here.install([show], never)).stdout;
    expect(installing).toContain("HTTPS_PROXY=http://proxy.invalid:1\n");
    expect(installing).toContain("DEBIAN_FRONTEND=noninteractive\n");
    const asking = (await here.ask([show], never)).stdout;
    expect(asking).not.toContain("PROXY");
    expect(installing + asking).not.toContain("FOREIGN");
  });

  it("ends a program when it is interrupted", async () => {
    const folder = await temporary();
    const started = path.join(folder, "started");
    const slow = await program(folder, "slow", `touch '${started}'; exec sleep 600`);
    const controller = new AbortController();
    const running = (await machine()).install([slow], controller.signal);
    while (!existsSync(started)) await new Promise((resolve) => setTimeout(resolve, 20));
    controller.abort(new Error("interrupted"));
    await expect(running).rejects.toThrow("interrupted");
  });

  it("says in words that an interpreter could not be fetched, and tries anew each time", async () => {
    const here = await machine({ hostEnv: { ...process.env, UV_OFFLINE: "1" } });
    const words = await here.fetchPython("3.99", never);
    expect(words).toContain("no Python 3.99 is on this machine, and none could be fetched: ");
    expect(await here.fetchPython("3.99", never)).not.toContain("tried again after");
  });

  it.each(["file", "file/below"])("a cache folder that cannot be made is not writable: %s", async (name) => {
    const folder = await temporary();
    await fs.writeFile(path.join(folder, "file"), "");
    expect((await (await machine()).space(path.join(folder, name))).writable).toBe(false);
  });
});

describe("the tool environments of a plan", () => {
  const lock = { kind: "inline", files: { "tool.txt": "# nothing\n" } } as const;
  const other = { kind: "inline", files: { "tool.txt": "# something else\n" } } as const;
  const made = { kind: "output", action: "resolve", output: "lock" } as const;
  const using = (id: string, environments: object, python = "any") =>
    action(id, {}, { toolchain: { image: "python", python, environments: { ...environments } } });

  it("are counted once each; those whose lock an action makes cannot be told", async () => {
    const storeRoot = path.join(await temporary(), "cache");
    const { secrets: _secrets, blobs: _blobs, ...options } = await optionsFor(await temporary());
    const actions = [
      using("a", { tool: { lock } }),
      using("b", { tool: { lock } }),
      using("c", { tool: { lock: other }, app: { lock: made } }),
      using("d", { tool: { lock } }, "3.99"),
    ];
    expect(await countEnvironments(actions, { ...options, storeRoot }, false)).toEqual({ ready: 0, all: 3 });
    expect(existsSync(storeRoot)).toBe(false);
  });

  it("are ready when a run has built them, and not when only another one was", async () => {
    const options = await optionsFor(await temporary());
    const { HostExecutor } = await import("../../../src/exec/host/host-executor.ts");
    const executor = new HostExecutor(options);
    const before = using("a", { tool: { lock } });
    const tree = await executor.tree(lock);
    await executor.run(
      { ...before, argv: [{ tool: "python", env: "tool" }, "-c", "pass"], outputs: [] },
      { inputs: {}, environments: { tool: { lock: tree } } },
      { signal: never, onLine: () => undefined, admit: async () => () => undefined },
    );
    const both = [before, using("b", { tool: { lock: other } })];
    expect(await countEnvironments(both, options, false)).toEqual({ ready: 1, all: 2 });
  });
});
