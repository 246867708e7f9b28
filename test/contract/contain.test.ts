import { spawnSync } from "node:child_process";
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Seat } from "../../dagger/layout.ts";
import { parseRecord } from "../../dagger/outcome.ts";
import { REPOSITORY } from "../files.ts";
import { action } from "./executor-fixture.ts";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "contain-"));
  // Another user has to come through.
  spawnSync("chmod", ["755", folder]);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Work {
  readonly [name: string]: unknown;
}

/** Runs the wrapper as a container would, on this machine and without another user. */
function contain(argv: readonly string[], more: Work = {}, env: Record<string, string> = {}) {
  const place = mkdtempSync(join(folder, "place-"));
  spawnSync("chmod", ["755", place]);
  const own = { PATH: process.env["PATH"], LANG: "C.UTF-8" };
  const work = {
    place,
    result: join(place, "result"),
    argv,
    cwd: ".",
    env: own,
    keep: [],
    uid: null,
    timeout: 60,
    cut: false,
    ...more,
  };
  const whole = JSON.stringify({ outputs: [], uv: "uv", projects: [], ...work });
  const done = spawnSync("python3", ["-I", "-S", join(REPOSITORY, "dagger/contain.py"), whole], {
    encoding: "utf8",
    maxBuffer: 64 << 20,
    env: { PATH: process.env["PATH"], VOICEKEY_RUN: "run 1", ...env },
  });
  const kept = (name: string) => readFileSync(join(place, "result", name), "utf8");
  return { ...done, place, kept, record: parseRecord(kept("record.json"), "test") };
}

const python = (code: string) => ["python3", "-c", code];

test.each([0, 1, 3, 128, 137, 191, 255])("exit status %i is recorded, and the wrapper itself ends with 0", (code) => {
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
  expect(done.kept("stdout")).toBe("here\n");
});

test("the command gets its own variables, those of the container that are named, and no other", () => {
  const done = contain(["/usr/bin/env"], { keep: ["GIVEN", "MISSING"] }, { GIVEN: "1", OTHER: "2" });
  const lines = done.kept("stdout").trim().split("\n");
  expect(lines.map((line) => line.split("=")[0]).sort()).toEqual(["GIVEN", "LANG", "PATH"]);
});

test("the command starts in its folder of the work folder, and writes its outputs beside it", () => {
  const done = contain(["sh", "-c", "mkdir -p deep; pwd; echo 1 > out/report/r"], { outputs: ["report", "other"] });
  expect(done.kept("stdout")).toBe(`${join(done.place, "work")}\n`);
  expect(done.kept("out/report/r")).toBe("1\n");
  expect(readdirSync(join(done.place, "result/out")).sort()).toEqual(["other", "report"]);
});

test.each([
  ["removed", "rm -r out/report"],
  ["removed with all others", "rm -r out"],
  ["replaced by a file", "rmdir out/report; echo > out/report"],
  ["replaced by a link that leads away", "rmdir out/report; ln -s / out/report"],
])("an output folder that the command %s is an empty output", (_, code) => {
  const done = contain(["sh", "-c", `${code}; exit 3`], { outputs: ["report"] });
  expect(done.record.status).toEqual({ kind: "exited", code: 3 });
  const report = join(done.place, "result/out/report");
  expect(lstatSync(report).isDirectory()).toBe(true);
  expect(readdirSync(report)).toEqual([]);
});

test("pipes and sockets are no outputs", () => {
  const done = contain(["sh", "-c", "mkfifo out/report/pipe; echo > out/report/file"], { outputs: ["report"] });
  expect(readdirSync(join(done.place, "result/out/report"))).toEqual(["file"]);
});

test("a command can never gain rights", () => {
  expect(contain(["grep", "NoNewPrivs", "/proc/self/status"]).kept("stdout")).toBe("NoNewPrivs:\t1\n");
});

test("both streams are kept apart, and handed on for whoever watches", () => {
  const done = contain(python("import sys; print('out'); print('err', file=sys.stderr)"));
  expect([done.kept("stdout"), done.kept("stderr")]).toEqual(["out\n", "err\n"]);
  expect([done.stdout, done.stderr]).toEqual(["out\n", "err\n"]);
});

test("of a flood the head and the tail are kept, and a line says how much is missing", () => {
  const code =
    "import sys; print('FIRST'); [sys.stdout.write('x' * 1023 + chr(10)) for _ in range(20480)]; print('LAST')";
  const kept = contain(python(code)).kept("stdout");
  expect(kept).toMatch(/^FIRST\n[\s\S]*\n… \d+ bytes left out …\n[\s\S]*LAST\n$/);
  const [, missing] = /… (\d+) bytes left out …/.exec(kept) ?? [];
  expect(Number(missing)).toBe(6 + 20480 * 1024 + 5 - 2 * (4 << 20));
});

test("a process that the command leaves behind with its output open keeps nobody waiting", () => {
  const code =
    "import subprocess, sys; subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(20)'], start_new_session=True); print('done')";
  const began = performance.now();
  expect(contain(python(code)).kept("stdout")).toBe("done\n");
  expect(performance.now() - began).toBeLessThan(15_000);
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
  const done = contain(python(code), { cut: true });
  expect(done.record.status).toEqual({ kind: "exited", code: 0 });
  if (done.record.network === "cut") expect(done.kept("stdout")).toBe("no route\n");
  else expect(process.getuid?.()).not.toBe(0);
  expect(contain(python("pass")).record.network).toBe("open");
});

/** An installer that writes down how it was called, and by whom. */
function fakeUv(status = 0): string {
  const uv = join(folder, `uv-${status}`);
  writeFileSync(uv, `#!/bin/sh\necho "$(id -u) $@" >>"$5/called"\necho "no such tag" >&2\nexit ${status}\n`);
  spawnSync("chmod", ["755", uv]);
  return uv;
}

function environmentWith(...wheels: string[]): { readonly environment: string; readonly project: string } {
  const made = mkdtempSync(join(folder, "environment-"));
  const [environment, project] = [join(made, "env"), join(made, "project")];
  for (const path of [environment, project]) mkdirSync(path);
  for (const wheel of wheels) writeFileSync(join(project, wheel), "");
  spawnSync("chmod", ["-R", "755", made]);
  return { environment, project };
}

test("the application's wheel is installed before the command starts, without its dependencies and without a network", () => {
  const { environment, project } = environmentWith("a-1-py3-none-any.whl");
  const done = contain(["cat", join(environment, "called")], { uv: fakeUv(), projects: [[environment, project]] });
  expect(done.kept("stdout")).toMatch(
    /pip install --quiet --python \S+ --no-deps --no-index --offline --no-cache \S+\/a-1-py3-none-any\.whl\n$/,
  );
});

test.each([
  ["an installer that fails", ["a-1-py3-none-any.whl"], 2, /no such tag/],
  ["a project without a wheel", [], 0, /exactly one wheel, found none/],
  ["a project with two", ["a.whl", "b.whl"], 0, /exactly one wheel, found a\.whl, b\.whl/],
])("%s is told as such, and the command is not run", (_, wheels, status, words) => {
  const { environment, project } = environmentWith(...wheels);
  const done = contain(["echo", "ran"], { uv: fakeUv(status), projects: [[environment, project]] });
  expect(done.record.status).toMatchObject({ kind: "no-project", message: words });
  expect(done.kept("stdout")).toBe("");
});

const asRoot = process.getuid?.() === 0;

test.runIf(asRoot)("as root it hands the command to another user, with no capabilities left", () => {
  const done = contain(["sh", "-c", "id -u; grep CapEff /proc/self/status"], { uid: 65532 });
  expect(done.kept("stdout")).toBe("65532\nCapEff:\t0000000000000000\n");
});

test.runIf(asRoot)(
  "the installer is a third user, since an environment's packages may start with its interpreter",
  () => {
    const { environment, project } = environmentWith("a-1-py3-none-any.whl");
    const command = `cat ${environment}/called; echo >${environment}/mine`;
    const done = contain(["sh", "-c", command], { uid: 65532, uv: fakeUv(), projects: [[environment, project]] });
    expect(done.kept("stdout")).toMatch(/^65533 pip install /);
    // And the command's own user cannot change the environment.
    expect(done.record.status).not.toEqual({ kind: "exited", code: 0 });
    expect(existsSync(join(environment, "mine"))).toBe(false);
  },
);

test.runIf(asRoot)(
  "what the command leaves behind is ended before its outputs are taken, and cannot reach the result",
  () => {
    const later = `( trap '' TERM HUP; sleep 1; echo late > out/report/late; echo late >> ../result/record.json ) &`;
    const done = contain(["sh", "-c", later], { uid: 65532, outputs: ["report"] });
    spawnSync("sleep", ["1.5"]);
    expect(readdirSync(join(done.place, "result/out/report"))).toEqual([]);
    expect(done.kept("record.json")).not.toContain("late");
    expect(statSync(join(done.place, "result")).uid).toBe(0);
  },
);

/** Elsewhere the interpreter may stand where another user cannot reach it. */
const PYTHON = "/usr/bin/python3";

test.runIf(asRoot && existsSync(PYTHON))("that user has no account, and a name all the same", () => {
  const { env } = JSON.parse(new Seat(0).work(action(), [], false)) as { env: Record<string, string> };
  const ask = [PYTHON, "-c", "import getpass; print(getpass.getuser())"];
  const done = contain(ask, { uid: 65532, env });
  expect([done.kept("stdout"), done.kept("stderr")]).toEqual(["voicekey\n", ""]);
});

test.runIf(asRoot)(
  "several works are done one after another, and none finds what another left in a shared folder",
  () => {
    const place = mkdtempSync(join(folder, "several-"));
    const shared = join(place, "shared");
    mkdirSync(shared);
    const works = [3, 0, 128].map((status, index) => {
      const at = { place: join(place, String(index)), result: join(place, "results", String(index)) };
      const argv = ["sh", "-c", `ls ${shared}; mkdir ${shared}/left; echo >${shared}/left/file; exit ${status}`];
      const rest = { env: { PATH: "/usr/bin:/bin" }, cwd: ".", keep: [], uid: null, timeout: 60, cut: false };
      return JSON.stringify({ ...at, argv, ...rest, outputs: ["r"], uv: "uv", projects: [] });
    });
    const whole = ["-I", "-S", join(REPOSITORY, "dagger/contain.py"), "--clear", `${shared}:/nowhere`, ...works];
    const done = spawnSync("python3", whole, { encoding: "utf8" });
    expect([done.status, done.stdout, done.stderr]).toEqual([0, "", ""]);
    const file = (n: number) => join(place, `results/${n}/record.json`);
    const statuses = [0, 1, 2].map((n) => parseRecord(readFileSync(file(n), "utf8"), "test").status);
    expect(statuses).toEqual([3, 0, 128].map((code) => ({ kind: "exited", code })));
    expect(readdirSync(shared)).toEqual([]);
  },
);

test("in place of the command a person gets a shell with its variables, and is told what would run", () => {
  const place = mkdtempSync(join(folder, "shell-"));
  const work = {
    place,
    argv: ["python", "-c", "a b"],
    cwd: ".",
    env: { GIVEN: "1" },
    keep: [],
    uid: null,
    timeout: 60,
  };
  const whole = JSON.stringify({ ...work, cut: false, outputs: ["report"], uv: "uv", projects: [] });
  const done = spawnSync("python3", ["-I", "-S", join(REPOSITORY, "dagger/contain.py"), "--shell", whole], {
    encoding: "utf8",
    input: 'echo "given $GIVEN"; ls out; exit 5\n',
  });
  expect(done.stdout).toContain('python -c "a b"');
  expect(done.stdout).toMatch(/as root[\s\S]*terminal --cmd/);
  expect(done.stdout).toMatch(/given 1\nreport\n$/);
  expect(done.status).toBe(5);
});
