import { type ChildProcess, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import * as fs from "node:fs/promises";
import * as path from "node:path";
import { describe, expect, it } from "vitest";
import type { PipelineError } from "../../../src/errors.ts";
import { runGuarded } from "../../../src/exec/host/guarded.ts";
import { ISOLATION_LEVELS, isolationWrapper, loopbackIsDown } from "../../../src/exec/host/isolation.ts";
import { findIsolation } from "../../../src/exec/host/probe-isolation.ts";
import { clock, PACKAGE_ROOT, removeTemporaryFolders, someGuard, temporary } from "./harness.ts";

removeTemporaryFolders();
const storeRoot = await temporary();
const { guard, paths } = await someGuard();
const root = process.getuid?.() === 0;

const wanted = ISOLATION_LEVELS.map(async (level) => {
  const found = await findIsolation([level, "none"], { guard, storeRoot, paths, root, clock });
  return found === level ? [level] : [];
});
const levels = (await Promise.all(wanted)).flat();

/** The processes of this machine whose command line holds the token. */
function alive(token: string): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, "utf8").includes(token);
      } catch {
        return false;
      }
    });
}

/** Waits until it holds; a slow machine only makes it later. */
async function until(holds: () => boolean): Promise<void> {
  for (let i = 0; i < 600 && !holds(); i++) await new Promise((wake) => setTimeout(wake, 100));
  expect(holds()).toBe(true);
}

/** Ignores SIGTERM, and so does its grandchild in a session of its own. Both carry the token in their command line. */
const STUBBORN = `
import signal, subprocess, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
if len(sys.argv) == 2:
    subprocess.Popen([sys.executable, "-c", CODE, sys.argv[1], "grandchild"], start_new_session=True)
print("started", flush=True)
time.sleep(600)
`;
const stubborn = (token: string) => ["-c", `CODE = ${JSON.stringify(STUBBORN)}\n${STUBBORN}`, token];

async function command(level: (typeof levels)[number], args: readonly string[], more: object = {}) {
  const scratch = await fs.mkdtemp(path.join(storeRoot, "run-"));
  const wrapper = isolationWrapper({ level, network: false, root, paths: { ...paths, writable: [scratch] } });
  return {
    ...{ wrapper, subreaper: level === "none", loopback: loopbackIsDown(level, false) },
    ...{ argv: [guard.python, ...args], env: {}, cwd: scratch, scratch, timeoutSeconds: 120, secrets: [] },
    ...{ onLine: () => undefined, signal: new AbortController().signal },
    ...more,
  };
}

describe.each(levels)("a guarded command with isolation %s", (level) => {
  it("leaves nothing alive when it is cancelled, not even what ignores SIGTERM in a session of its own", async () => {
    const token = randomUUID();
    const controller = new AbortController();
    const running = runGuarded(guard, await command(level, stubborn(token), { signal: controller.signal }), clock);
    await until(() => alive(token).length === 2);
    const reason = new Error("enough");
    controller.abort(reason);
    await expect(running).rejects.toBe(reason);
    await until(() => alive(token).length === 0);
  });

  it("leaves nothing alive when its own time is over", async () => {
    const token = randomUUID();
    const result = await runGuarded(guard, await command(level, stubborn(token), { timeoutSeconds: 4 }), clock);
    expect(result.status).toEqual({ kind: "timed-out", afterSeconds: 4 });
    await until(() => alive(token).length === 0);
  });

  it("leaves nothing alive when it ends by itself", async () => {
    const token = randomUUID();
    const code = `import subprocess, sys; subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)", "${token}"], start_new_session=True); print(1)`;
    const result = await runGuarded(guard, await command(level, ["-c", code]), clock);
    expect(result).toMatchObject({ status: { kind: "exited", code: 0 }, stdout: "1\n" });
    await until(() => alive(token).length === 0);
  });

  it("leaves nothing alive when the process that runs it is killed with SIGKILL", async () => {
    const token = randomUUID();
    const order = await fs.mkdtemp(path.join(storeRoot, "order-"));
    const { signal: _, onLine: __, ...data } = await command(level, stubborn(token));
    await fs.writeFile(path.join(order, "order.json"), JSON.stringify({ guard, command: data }));
    const script = path.join(PACKAGE_ROOT, "test/exec/host/run-guarded.ts");
    const child: ChildProcess = spawn(process.execPath, ["--import", "tsx", script, path.join(order, "order.json")], {
      cwd: PACKAGE_ROOT,
      stdio: "ignore",
    });
    await until(() => alive(token).length === 2);
    child.kill("SIGKILL");
    await until(() => alive(token).length === 0);
  });

  it("tells the signal that a command died of", async () => {
    const code = "import os, signal; os.kill(os.getpid(), signal.SIGTERM)";
    const result = await runGuarded(guard, await command(level, ["-c", code]), clock);
    expect(result.status).toEqual({ kind: "signalled", signal: "SIGTERM" });
  });

  it("gives the command no standard input, no control channel and nothing of the guard's environment", async () => {
    const code = `
import os, sys
open_ones = []
for fd in range(3, 32):
    try:
        os.fstat(fd); open_ones.append(fd)
    except OSError:
        pass
print(repr(sys.stdin.read()), open_ones, sorted(os.environ))`;
    const result = await runGuarded(
      guard,
      await command(level, ["-I", "-c", code], { env: { LC_ALL: "C.UTF-8" } }),
      clock,
    );
    expect(result.stdout).toBe("'' [] ['LC_ALL']\n");
  });

  it("hands on lines while the command still runs", async () => {
    const controller = new AbortController();
    const lines: string[] = [];
    const onLine = (stream: string, line: string) => {
      lines.push(`${stream} ${line}`);
      controller.abort(new Error("seen"));
    };
    const args = ["-c", "import time; print('early', flush=True); time.sleep(600)"];
    const running = runGuarded(guard, await command(level, args, { onLine, signal: controller.signal }), clock);
    await expect(running).rejects.toThrow("seen");
    expect(lines).toEqual(["stdout early"]);
  });

  it("says which program could not be started, and why", async () => {
    const failing = runGuarded(guard, { ...(await command(level, [])), argv: ["/no/such/program"] }, clock);
    await expect(failing).rejects.toMatchObject({
      code: "MACHINE_FAILED",
      message: "cannot start /no/such/program: No such file or directory",
    } satisfies Partial<PipelineError>);
  });

  it("keeps head, tail and a bounded file of a command that floods its output", async () => {
    const code =
      "import os\nos.write(1, b'FIRST\\n')\nfor _ in range(300): os.write(1, (b'x' * 1023 + b'\\n') * 1024)\nos.write(1, b'LAST\\n')";
    const order = await command(level, ["-c", code]);
    const { status, stdout } = await runGuarded(guard, order, clock);
    expect(status).toEqual({ kind: "exited", code: 0 });
    expect([stdout.startsWith("FIRST\n"), stdout.endsWith("LAST\n")]).toEqual([true, true]);
    expect(stdout.length).toBeLessThan(9 * 1024 * 1024);
  });
});

describe("the guard", () => {
  it("that cannot be started is a failure of the machine", async () => {
    const failing = runGuarded({ ...guard, python: "/no/such/python" }, await command("none", []), clock);
    await expect(failing).rejects.toMatchObject({ code: "MACHINE_FAILED" });
  });
});
