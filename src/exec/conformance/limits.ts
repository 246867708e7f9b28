/** Conformance: size and time - big output, timeouts, cancellation, and that nothing survives them. */
import { type ConformanceCase, expectEqual, expectExit, expectThat, python } from "./case.ts";

const MIB = 1 << 20;
/** How long the command goes on that is cancelled: long enough to tell a rejection at once from one at its end. */
const CANCELLED_SECONDS = 15;

export const limitCases: readonly ConformanceCase[] = [
  {
    title: "one mebibyte of output is kept whole",
    run: async (h) => {
      const result = await python(h, { code: "import sys; sys.stdout.write('0123456789abcde\\n' * 65536)" });
      expectExit(result);
      expectEqual(result.stdout.length, MIB, "characters kept");
    },
  },
  {
    title: "of very big output the head and the tail are kept, and a line says that the middle is missing",
    run: async (h) => {
      const result = await python(h, {
        code: "import sys; sys.stdout.write('FIRST\\n'); [sys.stdout.write('x' * 1023 + '\\n') for _ in range(40960)]; sys.stdout.write('LAST\\n')",
      });
      expectExit(result);
      expectThat(result.stdout.startsWith("FIRST\n"), "the first line is missing");
      expectThat(result.stdout.endsWith("LAST\n"), "the last line is missing");
      const whole = result.stdout.length === 40960 * 1024 + 11;
      expectThat(whole || /\n.*\d+ bytes.*\n/.test(result.stdout), "the missing middle is not told");
    },
  },
  {
    title: "a command that takes too long is ended and told as timed out, with what it printed until then",
    run: async (h) => {
      const result = await python(h, {
        code: "import time; print('started', flush=True); time.sleep(600)",
        action: { timeoutSeconds: 3 },
      });
      expectEqual(result.status, { kind: "timed-out", afterSeconds: 3 }, "the status");
      expectEqual(result.stdout, "started\n", "what was printed before");
    },
  },
  {
    title: "a timeout ends descendants that left the process group and ignore signals, too",
    run: async (h) => {
      const began = performance.now();
      const result = await python(h, {
        code: `
import os, signal, subprocess, sys, time
stubborn = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(600)"
subprocess.Popen([sys.executable, "-c", stubborn], start_new_session=True)
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("started", flush=True)
time.sleep(600)`,
        action: { timeoutSeconds: 3 },
      });
      expectEqual(result.status.kind, "timed-out", "the status");
      expectThat(performance.now() - began < 300_000, "the descendant that holds the output kept the action waiting");
    },
  },
  {
    title: "a command that leaves a process behind ends all the same",
    run: async (h) => {
      const result = await python(h, {
        code: "import subprocess, sys; subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'], start_new_session=True); print('done')",
      });
      expectExit(result);
      expectEqual(result.stdout, "done\n", "stdout");
    },
  },
  {
    title: "cancelling rejects with the signal's own reason, at once",
    run: async (h) => {
      const controller = new AbortController();
      const reason = new Error("the run was interrupted");
      let abortedAt = Number.NaN;
      const abort = (): void => {
        if (!controller.signal.aborted) abortedAt = performance.now();
        controller.abort(reason);
      };
      // What it needs is prepared first, so that it is the command that is cancelled.
      await python(h, { code: "pass" });
      const running = python(h, {
        // An engine may not end what it was asked for before that ends by itself, and keeps its client waiting until then.
        code: `import time; print('started', flush=True); time.sleep(${CANCELLED_SECONDS})`,
        action: { timeoutSeconds: CANCELLED_SECONDS + 5 },
        signal: controller.signal,
        onLine: abort,
      });
      // Not every executor shows lines before the end.
      const late = setTimeout(abort, (CANCELLED_SECONDS * 1000) / 3);
      const outcome = await running.then(
        () => "resolved",
        (error: unknown) => error,
      );
      clearTimeout(late);
      expectThat(outcome === reason, `expected the signal's reason, got ${String(outcome)}`);
      const tookMs = performance.now() - abortedAt;
      const most = (CANCELLED_SECONDS * 1000) / 3;
      expectThat(tookMs < most, `it rejected only ${Math.round(tookMs)} ms after it was cancelled`);
    },
  },
];
