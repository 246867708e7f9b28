import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Scenario } from "./command.ts";
import { finished, smallApp, start } from "./command.ts";

let app: Scenario;
let store: string;
beforeEach(() => {
  store = mkdtempSync(join(tmpdir(), "vkp-interrupted-"));
  app = smallApp({ "tests/test_slow.py": "import time\n\n\ndef test_slow() -> None:\n    time.sleep(600)\n" });
});
afterEach(() => {
  app.dispose();
  rmSync(store, { recursive: true, force: true });
});

/** Processes of this machine that have the store's path in their command line. */
function leftBehind(): string[] {
  return readdirSync("/proc")
    .filter((pid) => /^\d+$/.test(pid) && Number(pid) !== process.pid)
    .flatMap((pid) => {
      try {
        return [readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0").join(" ")];
      } catch {
        return [];
      }
    })
    .filter((line) => line.includes(store));
}

async function untilItRuns(evidence: string, action: string): Promise<void> {
  const journal = join(evidence, "journal.jsonl");
  for (let tries = 0; tries < 1500; tries += 1) {
    const lines = existsSync(journal) ? readFileSync(journal, "utf8").split("\n") : [];
    if (lines.some((line) => line.includes('"action-started"') && line.includes(`"${action}"`))) return;
    await sleep(40);
  }
  throw new Error(`${action} did not start`);
}

function run(evidence: string) {
  return start(["pr-checks", "--only", "unit-tests", "--no-prove", "--evidence", evidence], { cwd: app.folder, store });
}

describe.skipIf(process.platform === "win32")("a run", () => {
  it.each(["SIGINT", "SIGTERM"] as const)(
    "that gets %s ends with 130, keeps its journal and leaves no process",
    async (signal) => {
      const evidence = join(store, "evidence");
      const child = run(evidence);
      const done = finished(child);
      await untilItRuns(evidence, "unit-tests@3.11/run");
      child.kill(signal);
      expect((await done).exit).toBe(130);
      expect(leftBehind()).toEqual([]);
      expect(existsSync(join(evidence, "verdict.json"))).toBe(false);
      expect(readFileSync(join(evidence, "journal.jsonl"), "utf8")).toContain("run-started");
    },
  );

  it("that was killed in the middle leaves no process, and the next one is green and clears up", async () => {
    const evidence = join(store, "evidence");
    const child = run(evidence);
    const done = finished(child);
    await untilItRuns(evidence, "unit-tests@3.11/run");
    child.kill("SIGKILL");
    await done;
    for (let tries = 0; tries < 50 && leftBehind().length > 0; tries += 1) await sleep(100);
    expect(leftBehind()).toEqual([]);
    app.write("tests/test_slow.py", "def test_quick() -> None:\n    pass\n");
    const again = await finished(run(evidence));
    expect(again.exit, again.stderr).toBe(0);
    expect(readdirSync(join(store, "runs"))).toEqual([]);
  });
});
