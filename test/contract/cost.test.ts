import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Client, Container } from "@dagger.io/dagger";
import { expect, test } from "vitest";
import { connected } from "./connect.ts";
import { type Cost, costOf } from "./cost.ts";
import { startEngine } from "./engine.ts";

async function cost(body: (dag: Client) => Promise<unknown>): Promise<Cost> {
  const engine = await startEngine();
  try {
    await connected(engine, body);
    expect(engine.refused).toEqual([]);
    return costOf(engine);
  } finally {
    await engine.close();
  }
}

const base = (dag: Client): Container => dag.container().from("alpine");

test("an id forces nothing, and what is only described costs its request", async () => {
  expect(await cost((dag) => base(dag).withExec(["a"]).id())).toEqual({ execs: 0, exports: 0, reads: 0, requests: 1 });
});

test("a command counts once, whatever is asked of it", async () => {
  const done = await cost(async (dag) => {
    const run = base(dag).withExec(["a"]);
    await run.exitCode();
    await run.stdout();
    await (await run.sync()).file("/x").contents();
  });
  expect(done).toEqual({ execs: 1, exports: 0, reads: 3, requests: 4 });
});

test("every command on the way counts, and other variables make another one", async () => {
  const done = await cost(async (dag) => {
    const first = base(dag).withExec(["a"]);
    await first.withEnvVariable("X", "1").withExec(["b"]).sync();
    await first.withEnvVariable("X", "2").withExec(["b"]).sync();
  });
  expect(done.execs).toBe(3);
});

test("the value of a volatile variable makes no other command, its name does", async () => {
  const run = (dag: Client, name: string, value: string) =>
    base(dag).withVolatileVariable(name, value).withExec(["a"]).sync();
  const done = await cost(async (dag) => {
    await run(dag, "RUN", "1");
    await run(dag, "RUN", "2");
    await run(dag, "OTHER", "1");
  });
  expect(done.execs).toBe(2);
});

test("a Directory that is an argument brings its commands, also through an id", async () => {
  const folder = mkdtempSync(join(tmpdir(), "cost-"));
  try {
    const done = await cost(async (dag) => {
      const one = await base(dag).withExec(["a"]).directory("/out").sync();
      const two = base(dag).withExec(["b"]).directory("/out");
      await dag.directory().withDirectory("one", one).withDirectory("two", two).export(folder);
    });
    expect(done).toEqual({ execs: 2, exports: 1, reads: 0, requests: 4 });
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("a mounted Directory of one command and the same Directory by its id are one recipe", async () => {
  const done = await cost(async (dag) => {
    const made = base(dag).withExec(["a"]).directory("/out");
    await base(dag).withMountedDirectory("/in", made).withExec(["b"]).sync();
    await base(dag)
      .withMountedDirectory("/in", await made.sync())
      .withExec(["b"])
      .sync();
  });
  expect(done.execs).toBe(2);
});
