import { spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { BUILD_SCRIPT, Environments } from "../../dagger/environment.ts";
import { connected } from "./connect.ts";
import { costOf, forcedExecs } from "./cost.ts";
import { type Engine, startEngine } from "./engine.ts";

let engine: Engine;
beforeEach(async () => {
  engine = await startEngine();
});
afterEach(async () => {
  await engine.close();
});

/** The execs that these environments take, by their first words. */
async function execsOf(ask: (environments: Environments) => Promise<unknown>): Promise<string[]> {
  await connected(engine, (dag) => ask(new Environments({ dag, uvLock: async () => "uv==1\n", settings: {} })));
  expect([engine.refused, engine.denied]).toEqual([[], []]);
  return [...forcedExecs(engine).values()].map((args) => args.slice(0, 4).join(" "));
}

/** Run for real, with a stand-in for uv that writes down how it was called. */
function build(lock: string, option = "") {
  const folder = mkdtempSync(join(tmpdir(), "environment-"));
  try {
    const files = { "lock.txt": lock, calls: "", uv: `#!/bin/sh\necho "$@" >> "${folder}/calls"\n` };
    for (const [path, text] of Object.entries(files)) writeFileSync(join(folder, path), text);
    chmodSync(join(folder, "uv"), 0o755);
    const script = BUILD_SCRIPT.replaceAll("/opt/uv/bin/uv", join(folder, "uv")).replaceAll("/build/", `${folder}/`);
    const { status } = spawnSync("sh", ["-c", script, "environment", option], { encoding: "utf8" });
    const calls = readFileSync(join(folder, "calls"), "utf8").replaceAll(folder, "");
    return { status, calls: calls.trim().split("\n") };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test("a lock is installed by its hashes into an environment that can be moved", () => {
  const { status, calls } = build("idna==3\n", "--compile-bytecode");
  expect(status).toBe(0);
  expect(calls).toEqual([
    expect.stringMatching(/^venv --quiet --relocatable --no-project --python \S+ \/environment$/),
    "pip install --quiet --python /environment --require-hashes --no-cache --compile-bytecode -r /lock.txt",
  ]);
});

test("a lock that names nothing makes an empty environment, and no installer is asked", () => {
  const { status, calls } = build("");
  expect(status).toBe(0);
  expect(calls).toEqual([expect.stringMatching(/^venv /)]);
});

test("who wants the same lock in the same image shares one environment, remarks and names apart", async () => {
  const execs = await execsOf(async (environments) => {
    for (const lock of ["idna==3\n", "# made by hand\n\nidna==3\n", "idna==3\r\n"])
      await environments.environment("image-1", lock, false);
  });
  expect(execs).toEqual([expect.stringMatching(/^python3 -m pip/), expect.stringMatching(/^sh -c/)]);
});

test("another lock, another image and another way of compiling are other environments; uv is there once per image", async () => {
  const execs = await execsOf((environments) =>
    Promise.all([
      environments.environment("image-1", "idna==3\n", false),
      environments.environment("image-1", "idna==4\n", false),
      environments.environment("image-1", "idna==3\n", true),
      environments.environment("image-2", "idna==3\n", false),
    ]),
  );
  expect(execs.filter((e) => e.startsWith("python3 -m pip"))).toHaveLength(2);
  expect(execs.filter((e) => e.startsWith("sh -c"))).toHaveLength(4);
});

test("no cache volume takes part, since one belongs to a single caller of an engine", async () => {
  await execsOf((environments) => environments.environment("image-1", "idna==3\n", false));
  const fields = [...engine.ids.values(), ...engine.asked].flatMap((c) => c.calls.map((call) => call.field));
  expect(fields).not.toContain("cacheVolume");
  expect(costOf(engine)).toMatchObject({ execs: 2, exports: 0, reads: 0 });
});
