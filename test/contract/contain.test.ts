import { spawnSync } from "node:child_process";
import { existsSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { baseVariables } from "../../dagger/layout.ts";
import { parseRecord } from "../../dagger/outcome.ts";
import { REPOSITORY } from "../files.ts";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "contain-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Runs the wrapper as a container would, on this machine and without another user. */
function contain(
  command: string[],
  options: { keep?: string; timeout?: number; env?: Record<string, string>; more?: string[] } = {},
) {
  const result = join(folder, "result.json");
  rmSync(result, { force: true });
  const args = [
    "-I",
    join(REPOSITORY, "dagger/contain.py"),
    "--result",
    result,
    "--timeout",
    String(options.timeout ?? 60),
  ];
  const done = spawnSync(
    "python3",
    [...args, "--keep", options.keep ?? "PATH", ...(options.more ?? []), "--", ...command],
    {
      encoding: "utf8",
      env: { PATH: process.env["PATH"], VOICEKEY_RUN: "run 1", ...options.env },
    },
  );
  return { ...done, record: parseRecord(readFileSync(result, "utf8"), "test") };
}

const python = (code: string) => ["python3", "-c", code];

test.each([0, 1, 3, 137, 255])("exit status %i is recorded, and the wrapper itself ends with 0", (code) => {
  const done = contain(python(`raise SystemExit(${code})`));
  expect(done.status).toBe(0);
  expect(done.record.status).toEqual({ kind: "exited", code });
  expect(done.record.run).toBe("run 1");
});

test("a signal is recorded by its name", () => {
  expect(contain(python("import os; os.kill(os.getpid(), 11)")).record.status).toEqual({
    kind: "signalled",
    signal: "SIGSEGV",
  });
});

test("a command that does not exist is recorded as such", () => {
  expect(contain(["no-such-program"]).record.status).toMatchObject({ kind: "unstartable", message: /no-such-program/ });
});

test("a command that ignores the end of its time is killed, with what it printed kept", () => {
  const code =
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('here', flush=True); time.sleep(600)";
  const done = contain(python(code), { timeout: 1 });
  expect(done.record.status).toEqual({ kind: "timed-out" });
  expect(done.stdout).toBe("here\n");
});

test("the command gets the named variables and no other", () => {
  const done = contain(python("import os, json; print(json.dumps(dict(os.environ)))"), {
    keep: "PATH,LANG,GIVEN,MISSING",
    env: { GIVEN: "1", LANG: "C.UTF-8", OTHER: "2" },
  });
  expect(
    Object.keys(JSON.parse(done.stdout) as object)
      .filter((n) => n !== "LC_CTYPE")
      .sort(),
  ).toEqual(["GIVEN", "LANG", "PATH"]);
});

test("the command's search path is its own, not the wrapper's", () => {
  const done = contain(["/bin/sh", "-c", 'echo "$PATH"'], { keep: "LANG", more: ["--path", "/env/bin:/bin"] });
  expect(done.stdout).toBe("/env/bin:/bin\n");
});

test.each([
  ["removed", 'rm -r "$0/out"'],
  ["replaced by a file", 'rmdir "$0/out/report"; echo > "$0/out/report"'],
  ["replaced by a link that leads away", 'rmdir "$0/out/report"; ln -s / "$0/out/report"'],
])("an output folder that the command %s is an empty output", (_, code) => {
  const report = join(folder, "out/report");
  rmSync(join(folder, "out"), { recursive: true, force: true });
  mkdirSync(report, { recursive: true });
  const done = contain(["sh", "-c", `${code}; exit 3`, folder], { more: ["--output", report] });
  expect(done.record.status).toEqual({ kind: "exited", code: 3 });
  expect(lstatSync(report).isDirectory()).toBe(true);
  expect(readdirSync(report)).toEqual([]);
});

test("a command can never gain rights", () => {
  expect(contain(["grep", "NoNewPrivs", "/proc/self/status"]).stdout).toBe("NoNewPrivs:\t1\n");
});

test("both streams are the command's own", () => {
  const done = contain(python("import sys; print('out'); print('err', file=sys.stderr)"));
  expect([done.stdout, done.stderr]).toEqual(["out\n", "err\n"]);
});

test("where the machine can cut the network only the loopback is left, and the record says which it was", () => {
  const code = `
import socket
server = socket.create_server(("127.0.0.1", 0))
socket.create_connection(server.getsockname(), timeout=10)
try:
    socket.socket(socket.AF_INET, socket.SOCK_DGRAM).connect(("192.0.2.1", 9)); print("route")
except OSError:
    print("no route")`;
  const done = contain(python(code), { more: ["--cut-network"] });
  expect(done.record.status).toEqual({ kind: "exited", code: 0 });
  if (done.record.network === "cut") expect(done.stdout).toBe("no route\n");
  else expect(process.getuid?.()).not.toBe(0);
  expect(contain(python("pass")).record.network).toBe("open");
});

test.runIf(process.getuid?.() === 0)("as root it hands the command to another user, with no capabilities left", () => {
  const done = contain(["sh", "-c", "id -u; grep CapEff /proc/self/status"], { more: ["--uid", "65532"] });
  expect(done.stdout).toBe("65532\nCapEff:\t0000000000000000\n");
});

/** Elsewhere the interpreter may stand where another user cannot reach it. */
const PYTHON = "/usr/bin/python3";

test.runIf(process.getuid?.() === 0 && existsSync(PYTHON))("that user has no account, and a name all the same", () => {
  const env = baseVariables();
  const ask = [PYTHON, "-c", "import getpass; print(getpass.getuser())"];
  const done = contain(ask, { keep: Object.keys(env).join(","), env, more: ["--uid", "65532", "--path", "/usr/bin"] });
  expect([done.stdout, done.stderr]).toEqual(["voicekey\n", ""]);
});
