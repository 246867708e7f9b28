import * as fs from "node:fs/promises";
import * as path from "node:path";
import { describe, expect, it } from "vitest";
import { exported, inline, python, pythonAction } from "../../../src/exec/conformance/case.ts";
import { HostExecutor } from "../../../src/exec/host/host-executor.ts";
import { harnessFor, optionsFor, PACKAGE_ROOT, removeTemporaryFolders, temporary } from "./harness.ts";

removeTemporaryFolders();
const storeRoot = await temporary();
const harness = await harnessFor(storeRoot);
const { executor } = harness;
const plain = (more: object) => pythonAction("", { code: "pass", action: more });
const toolchain = (version: string) => ({ toolchain: { image: "python", python: version, environments: {} } });

describe("the host executor", () => {
  it("is not made on a machine that is not supported", async () => {
    const options = await optionsFor(storeRoot, { machine: { platform: "darwin", arch: "arm64" } });
    expect(() => new HostExecutor(options)).toThrowError(expect.objectContaining({ code: "HOST_UNSUPPORTED" }));
  });

  it("refuses another platform, and says where it would run", async () => {
    const refusal = await executor.refuses(plain({ platform: "windows/amd64" }));
    expect(refusal?.reason).toBe("it runs on windows/amd64, and this machine is linux/amd64");
    expect(refusal?.remedy).toContain("windows/amd64");
  });

  it("refuses a Python that neither is here nor can be fetched, and names the version in the remedy", async () => {
    const hostEnv = { ...process.env, UV_OFFLINE: "1" };
    const offline = new HostExecutor(await optionsFor(storeRoot, { hostEnv }));
    const refusal = await offline.refuses(plain(toolchain("3.99")));
    expect(refusal?.reason).toMatch(/^no Python 3\.99 is on this machine, and none could be fetched: /);
    expect(refusal?.need).toBe("python-3.99");
    expect(refusal?.remedy).toBe("Install Python 3.99 and put it on PATH.");
    await expect(offline.identity(plain(toolchain("3.99")))).rejects.toMatchObject({ code: "INTERPRETER_MISSING" });
  });

  it("refuses everything where there is no Python at all", async () => {
    const hostEnv = { PATH: "/nonexistent", HOME: "/nonexistent" };
    const bare = new HostExecutor(await optionsFor(await temporary(), { hostEnv }));
    expect(await bare.refuses(plain({}))).toMatchObject({
      reason: "no Python 3.10 or newer is on this machine",
      remedy: "Install Python 3.10 or newer and put it on PATH.",
      need: "python-any",
    });
  });

  it("tells the toolchain's identity without building anything", async () => {
    const fresh = await temporary();
    const identity = await new HostExecutor(await optionsFor(fresh)).identity(plain({}));
    expect(identity["python"]).toMatch(/^CPython 3\.\d+\.\d+$/);
    expect(identity["platform"]).toBe("linux/amd64");
    expect(await fs.readdir(fresh)).not.toContain("envs");
  });

  it("runs nothing that was cancelled before", async () => {
    const controller = new AbortController();
    const reason = new Error("too late");
    controller.abort(reason);
    await expect(python(harness, { code: "pass", signal: controller.signal })).rejects.toBe(reason);
  });

  it("takes a place only when everything is prepared, and gives it back once, also when the command cannot start", async () => {
    const seen: string[] = [];
    const action = { ...pythonAction("", { code: "pass" }), argv: ["/no/such/program"] };
    const run = executor.run(
      { ...action, toolchain: { ...action.toolchain, environments: {} } },
      { inputs: {}, environments: {} },
      {
        signal: new AbortController().signal,
        onLine: () => undefined,
        admit: async () => {
          const [folder = ""] = (await fs.readdir(path.join(storeRoot, "runs"))).filter((n) => !n.endsWith(".owner"));
          seen.push(...(await fs.readdir(path.join(storeRoot, "runs", folder, "work"))).sort());
          return () => seen.push("given back");
        },
      },
    );
    await expect(run).rejects.toMatchObject({ code: "MACHINE_FAILED" });
    expect(seen).toEqual(["home", "in", "out", "tmp", "given back"]);
  });

  it("leaves no work folder behind, whatever the command did to it", async () => {
    const code =
      "import os; os.makedirs('in/locked/inner'); open('in/locked/inner/f','w'); os.chmod('in/locked/inner', 0); os.chmod('in/locked', 0); os.rmdir('out/report')";
    const result = await python(harness, { code, outputs: ["report"] });
    expect(result.status).toEqual({ kind: "exited", code: 0 });
    expect(await exported(harness, result.outputs["report"])).toEqual({});
    expect(await fs.readdir(path.join(storeRoot, "runs"))).toEqual([]);
  });

  it("gives network settings to actions with network, by the list, and to no other", async () => {
    const hostEnv = {
      ...process.env,
      SSL_CERT_FILE: "/etc/certs.pem",
      // uv runs in actions, too, and reads none of pip's variables.
      PIP_FIND_LINKS: "/srv/one /srv/two",
      UV_FIND_LINKS: undefined,
      UV_INDEX_CORP_PASSWORD: "index-password",
      FOREIGN: "1",
    };
    const other = { ...harness, executor: new HostExecutor(await optionsFor(storeRoot, { hostEnv })) };
    const code = "import json, os; print(json.dumps(dict(os.environ)))";
    const open = await python(other, { code, action: { network: true } });
    expect(JSON.parse(open.stdout)).toMatchObject({ SSL_CERT_FILE: "/etc/certs.pem", UV_INDEX_CORP_PASSWORD: "***" });
    expect(JSON.parse(open.stdout)).toMatchObject({ UV_FIND_LINKS: "/srv/one,/srv/two" });
    expect(JSON.parse(open.stdout)).not.toHaveProperty("FOREIGN");
    const closed = await python(other, { code });
    expect(Object.keys(JSON.parse(closed.stdout)).filter((n) => /SSL|UV_|PIP_|FOREIGN/.test(n))).toEqual([]);
  });

  it("lays bundled files out as the plan's digest covers them, without TypeScript", async () => {
    const tree = await executor.tree({ kind: "bundled", path: "src/exec/host", to: "h" });
    expect(tree.entries.map((e) => e.path)).toEqual(["h/guard.py", "h/guard_windows.py", "h/probe.py"]);
    const lock = await executor.tree({ kind: "bundled", path: "src/toolchains/uv.txt" });
    const text = await fs.readFile(path.join(PACKAGE_ROOT, "src/toolchains/uv.txt"), "utf8");
    expect(await exported(harness, lock)).toEqual({ "uv.txt": text });
  });

  it("takes head from the working tree and base from the merge base", async () => {
    const head = await executor.tree({ kind: "source", globs: ["**", "!first.txt"], at: "head" });
    const base = await executor.tree({ kind: "source", globs: ["**"], at: "base" });
    expect(await exported(harness, head)).toEqual({ "second.txt": "second\n" });
    expect(await exported(harness, base)).toEqual({ "first.txt": "first\n" });
  });

  it("says what is wrong where an action names an input that it does not declare", async () => {
    const run = python(harness, { code: "pass", args: [{ in: "nowhere" }], inputs: { app: inline({}) } });
    await expect(run).rejects.toMatchObject({ code: "PLAN_INVALID" });
  });

  it("removes the work folders of runs that were killed, and no others", async () => {
    const runs = path.join(storeRoot, "runs");
    const [dead, other] = ["4194304-aaaaaaaaaaaa", "4194304-bbbbbbbbbbbb"];
    for (const name of [dead, other]) await fs.mkdir(path.join(runs, name), { recursive: true });
    await fs.writeFile(path.join(runs, `${dead}.owner`), await ownerText());
    await fs.writeFile(path.join(runs, `${other}.owner`), "another machine");
    await python(await harnessFor(storeRoot), { code: "pass" });
    expect(await fs.readdir(runs)).toEqual([other, `${other}.owner`]);
    await fs.rm(runs, { recursive: true });
  });
});

/** As makeOwnFolder writes it. */
async function ownerText(): Promise<string> {
  const { makeOwnFolder, removeOwnFolder } = await import("../../../src/exec/host/run-folder.ts");
  const folder = await makeOwnFolder(await temporary());
  const text = await fs.readFile(`${folder}.owner`, "utf8");
  await removeOwnFolder(folder);
  return text;
}
