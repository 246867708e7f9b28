import type { Client } from "@dagger.io/dagger";
import { ExecError, GraphQLRequestError, ReturnType } from "@dagger.io/dagger";
import { describe, expect, test } from "vitest";
import { connected } from "./connect.ts";
import { type Answer, type Engine, startEngine } from "./engine.ts";
import { EXAMPLES, image, inFolder, telling } from "./refusal-examples.ts";
import { messagePattern, REFUSALS } from "./refusals.ts";
import type { EngineSettings } from "./rules.ts";
import { onDisk } from "./told.ts";

async function asking<T>(
  ask: (dag: Client) => Promise<T>,
  told?: Answer,
  settings?: EngineSettings,
): Promise<{ readonly value?: T; readonly error?: Error; readonly engine: Engine }> {
  const engine = await startEngine(told, settings);
  try {
    const outcome = await connected(engine, (dag) =>
      ask(dag).then(
        (value) => ({ value }),
        (error: Error) => ({ error }),
      ),
    );
    return { ...outcome, engine };
  } finally {
    await engine.close();
    expect(engine.refused).toEqual([]);
  }
}

test("each refusal is listed once", () => {
  expect(new Set(REFUSALS.map((r) => r.id)).size).toBe(REFUSALS.length);
});

test.each(REFUSALS.map((r) => [r.what, r.known, r] as const))("the engine refuses %s (%s)", async (_, __, refusal) => {
  const example = EXAMPLES[refusal.id];
  await inFolder(async (folder) => {
    const { error, engine } = await asking((dag) => example.ask(dag, folder), example.told, example.settings);
    expect(error?.message).toMatch(messagePattern(refusal));
    expect(error?.message).toContain(example.says.replaceAll("<folder>", folder));
    expect(error).toBeInstanceOf("exec" in refusal ? ExecError : GraphQLRequestError);
    expect(engine.denied.map((d) => d.id)).toEqual([refusal.id]);
  });
});

describe("a command", () => {
  const failing = telling({ exitCode: 128, stdout: "said\n", stderr: "fatal: bad\n" });

  test("that ends with 128 tells its command, its streams and its status, whatever was asked", async () => {
    const run = (dag: Client) => image(dag).withExec(["git", "log"], { expect: ReturnType.Any });
    for (const ask of [
      (dag: Client): Promise<unknown> => run(dag).sync(),
      (dag: Client) => run(dag).stdout(),
      (dag: Client) => run(dag).exitCode(),
      (dag: Client) => run(dag).file("/out").contents(),
      (dag: Client) => run(dag).directory("/out").export("never"),
      (dag: Client) => run(dag).withExec(["true"]).sync(),
      (dag: Client) => dag.directory().withDirectory(".", run(dag).directory("/out")).sync(),
      (dag: Client) => image(dag).withMountedDirectory("/in", run(dag).directory("/out")).withExec(["ls"]).sync(),
    ]) {
      const { error } = await asking(ask, (chain, engine) =>
        JSON.stringify(chain).includes('"git"') ? failing(chain, engine) : undefined,
      );
      expect(error).toBeInstanceOf(ExecError);
      expect(error).toMatchObject({ cmd: ["git", "log"], exitCode: 128, stdout: "said", stderr: "fatal: bad" });
      expect(error).toMatchObject({ extensions: { _type: "EXEC_ERROR" } });
    }
  });

  test.each([127, 192, 255])("that ends with %i is a result where any end is expected", async (exitCode) => {
    const run = (dag: Client) => image(dag).withExec(["x"], { expect: ReturnType.Any }).exitCode();
    expect((await asking(run, telling({ exitCode }))).value).toBe(exitCode);
  });

  test.each([128, 191])("that ends with %i is none", async (exitCode) => {
    const run = (dag: Client) => image(dag).withExec(["x"], { expect: ReturnType.Any }).exitCode();
    expect((await asking(run, telling({ exitCode }))).error).toBeInstanceOf(ExecError);
  });

  test("that failed is not met by an id, and by a question below it", async () => {
    const run = (dag: Client) => image(dag).withExec(["false"]);
    const told = telling({ exitCode: 1 });
    expect((await asking((dag) => run(dag).id(), told)).error).toBeUndefined();
    expect((await asking((dag) => run(dag).directory("/out").id(), told)).error).toBeUndefined();
    expect((await asking((dag) => run(dag).directory("/out").sync(), told)).error).toBeInstanceOf(ExecError);
    // A file of a Directory is computed for its id, one of a container is not.
    expect((await asking((dag) => run(dag).file("/out").id(), told)).error).toBeUndefined();
    expect((await asking((dag) => run(dag).directory("/out").file("x").id(), told)).error).toBeInstanceOf(ExecError);
  });

  test("tells the end of a long stream", async () => {
    const { error } = await asking(
      (dag) => image(dag).withExec(["x"]).sync(),
      telling({ exitCode: 1, stderr: `${"x".repeat(200_000)}end` }),
    );
    expect((error as ExecError).stderr).toMatch(/^\[omitting 97603 bytes\]\.\.\.x+end$/);
  });

  test("sees of a volatile variable the value that was set last in the session", async () => {
    const named = (dag: Client, value: string) => image(dag).withVolatileVariable("RUN", value);
    const { engine } = await asking(async (dag) => {
      await named(dag, "1").id();
      await named(dag, "2").id();
      // A call that was made before is not made again.
      await named(dag, "1").id();
    });
    expect(engine.volatile.get("RUN")).toBe("2");
  });
});

describe("the engine allows", () => {
  test.each<readonly [string, (dag: Client, folder: string) => Promise<unknown>]>([
    ["a relative path of a container", (dag) => image(dag).withWorkdir("/w").withNewFile("a/b", "").file("a/b").sync()],
    [
      "a path that leaves the root: it stays there",
      (dag) => image(dag).withNewFile("/a/../../b", "").withMountedTemp("/../t").file("/b").sync(),
    ],
    [
      "a path of a Directory that a container with a working directory gave",
      (dag) => {
        const made = dag.container().withWorkdir("/w").withNewFile("/out/x", "").directory("/out");
        return made.withNewFile("a/b", "").withoutFile("x").directory("a").file("b").contents();
      },
    ],
    ["a relative mount", (dag) => image(dag).withMountedDirectory("in", dag.directory()).directory("/in").sync()],
    [
      "a path that leaves a selected folder for its parent",
      (dag) => dag.directory().withNewFile("a/x", "").withNewFile("b", "").directory("a").file("../b").contents(),
    ],
    ["an empty folder to be exported", (dag, folder) => dag.directory().export(folder)],
    ["a file over a file", (dag, folder) => dag.file("x", "").export(`${folder}/file`)],
    ["a file into a folder", (dag, folder) => dag.file("x", "").export(folder, { allowParentDirPath: true })],
    [
      "a file copied onto a folder: it lies in it",
      (dag) => dag.directory().withNewDirectory("to").withFile("to", dag.file("x", "")).file("to/x").contents(),
    ],
    [
      "a folder in place of a file",
      (dag) => dag.directory().withNewFile("x", "").withDirectory("x", dag.directory()).directory("x").sync(),
    ],
    ["a removal of what is not there", (dag) => dag.directory().withoutFile("x").withoutDirectory("y").sync()],
    ["a question whether something exists", (dag) => dag.directory().exists("x")],
    ["an owner by number", (dag) => dag.container().withNewFile("/x", "", { owner: "65532:65532" }).sync()],
    ["an owner of a cache by number", (dag) => dag.cacheVolume("c", { owner: "65532:65532" }).id()],
    ["an image's own command", (dag) => image(dag).withExec([]).sync()],
    ["a command given before", (dag) => dag.container().withDefaultArgs(["true"]).withExec([]).sync()],
    [
      "root capabilities, unless it was told otherwise",
      (dag) => image(dag).withExec(["true"], { insecureRootCapabilities: true }).sync(),
    ],
    [
      "an image by tag and digest",
      (dag) =>
        dag
          .container()
          .from(`r.example:5/a/b:1@sha256:${"0".repeat(64)}`)
          .id(),
    ],
    [
      "patterns with classes and escapes",
      (dag) =>
        dag
          .directory()
          .filter({ include: ["a\\[b", "[a-c]*", "!x"] })
          .sync(),
    ],
    ["a secret of the environment", (dag) => dag.secret("env://TOKEN").id()],
    ["a part of the module's workdir", (dag) => dag.currentModule().workdir("a/../b").id()],
  ])("%s", async (_, ask) => {
    await inFolder(async (folder) => {
      const { error, engine } = await asking((dag) => ask(dag, folder));
      expect(error).toBeUndefined();
      expect(engine.denied).toEqual([]);
    });
  });
});

test("a path that was taken out of a Directory is not there any more", async () => {
  const made = (dag: Client) => dag.directory().withNewFile("a/x", "").withNewFile("b", "");
  const without = (dag: Client) => made(dag).withoutDirectory("a").file("a/x").id();
  const filtered = (dag: Client) =>
    made(dag)
      .filter({ include: ["b"] })
      .file("a/x")
      .id();
  for (const ask of [without, filtered])
    expect((await asking(ask)).error?.message).toBe("stat a/x: no such file or directory");
});

test("a folder of the host can be tied to one of this machine", async () => {
  await inFolder(async (folder) => {
    const told = onDisk(folder);
    const host = (dag: Client) => dag.host().directory(".");
    expect((await asking((dag) => host(dag).file("file").contents(), told)).error).toBeUndefined();
    expect((await asking((dag) => host(dag).exists("file"), told)).value).toBe(true);
    expect((await asking((dag) => host(dag).exists("other"), told)).value).toBe(false);
    expect((await asking((dag) => host(dag).file("other").id(), told)).error?.message).toMatch(/^stat other:/);
    expect((await asking((dag) => host(dag).directory("file").sync(), told)).error?.message).toMatch(/^path file is/);
    const workdir = (path: string) => (dag: Client) => dag.currentModule().workdir(path).id();
    expect((await asking(workdir("."), told)).error).toBeUndefined();
    expect((await asking(workdir("other"), told)).error?.message).toMatch(/lstat other: no such file/);
    const mounted = (dag: Client) => image(dag).withMountedDirectory("/in", host(dag), { readOnly: true });
    expect((await asking((dag) => mounted(dag).withExec(["ls"]).file("/in/x").sync(), told)).error?.message).toBe(
      "lstat /in/x: no such file or directory",
    );
  });
});

test("contents that are no text come with what is none of it replaced", async () => {
  const told = telling({ contents: Buffer.from([0x61, 0xff, 0x62]) });
  expect((await asking((dag) => dag.file("x", "").contents(), told)).value).toBe("a\ufffdb");
});
