/** The rule of elapsed time with the real cache between the run and what runs: what a later run answers with. */
import * as fs from "node:fs/promises";
import * as path from "node:path";
import { beforeEach, expect, it } from "vitest";
import { cachedExecutor, type IdentifiedExecutor } from "../../src/exec/cached-executor.ts";
import { capture } from "../../src/exec/capture.ts";
import { overlayTrees } from "../../src/exec/host-tree.ts";
import { layOut } from "../../src/exec/lay-out.ts";
import { openBlobStore } from "../../src/exec/store.ts";
import { runPlan } from "../../src/plan/run.ts";
import { movableClock, tempFolder, textTree, write } from "../exec/exec-helpers.ts";
import { made, recordingLog, stillClock, toyStep } from "./fakes.ts";

/** Seconds that the command takes, the next time first; the last one stays. */
let seconds: number[];
let root: string;
let runs: number;
beforeEach(async () => {
  root = await tempFolder();
  runs = 0;
});

/** Red when the command took more than 8 s, as its own report says. */
const limited = toyStep({
  judge: ({ results }) => {
    const took = Number(results["run"]?.read("report", "report.txt"));
    if (took <= 8) return { outcome: "passed", findings: [], facts: { seconds: took } };
    const message = `it took ${took} s`;
    return { outcome: "failed", reason: message, findings: [{ rule: "slow", message, tooSlow: "run" }], facts: {} };
  },
});

/** A run of its own process: only the store is shared with the one before. */
async function nextRun() {
  const storeRoot = path.join(root, "store");
  const blobs = await openBlobStore(storeRoot);
  const inner: IdentifiedExecutor = {
    where: "host",
    refuses: async () => undefined,
    identity: async () => ({}),
    tree: async () => textTree({}),
    overlay: async (lower, upper) => overlayTrees(lower, upper),
    export: async (tree, folder) => {
      await layOut(tree, folder, blobs);
    },
    import: (folder) => capture(folder, blobs),
    run: async (_action, _trees, { admit }) => {
      const release = await admit();
      const out = path.join(root, `out-${runs}`);
      runs += 1;
      await write(out, { "report.txt": String(seconds.length > 1 ? seconds.shift() : seconds[0]) });
      release();
      return {
        status: { kind: "exited", code: 0 },
        outputs: { report: await capture(out, blobs) },
        ...{ stdout: "", stderr: "", durationMs: 1, cached: false, toolchain: {} },
        enforced: { network: "cut", filesystem: "isolated" },
      };
    },
  };
  const executor = cachedExecutor(inner, {
    storeRoot,
    blobs,
    clock: movableClock(),
    enabled: { read: true, write: true },
  });
  const evidence = path.join(root, `evidence-${runs}`);
  await fs.mkdir(evidence);
  const before = runs;
  const verdict = await runPlan(made([limited]), executor, {
    ...{ jobs: 2, strict: false, failFast: false, evidence, clock: stillClock(), log: recordingLog() },
    signal: new AbortController().signal,
  });
  return { step: verdict.steps[0], ran: runs - before };
}

it("a red that only slowness caused is green when it is measured again, and green from the cache in the next run", async () => {
  seconds = [10, 3];
  const first = await nextRun();
  expect(first).toMatchObject({ ran: 2, step: { outcome: "passed", cached: false, facts: { seconds: 3 } } });
  expect(first.step?.measuredAgain?.first).toBe("it took 10 s");
  const second = await nextRun();
  expect(second).toMatchObject({ ran: 0, step: { outcome: "passed", cached: true, facts: { seconds: 3 } } });
  expect(second.step).not.toHaveProperty("measuredAgain");
});

it("a red by slowness for good is measured in the next run again, once, and never told from the cache alone", async () => {
  seconds = [10, 11, 12];
  expect(await nextRun()).toMatchObject({ ran: 2, step: { outcome: "failed" } });
  const { step, ran } = await nextRun();
  expect(ran).toBe(1);
  expect(step).toMatchObject({
    outcome: "failed",
    cached: false,
    reason: "it took 12 s (measured twice, the second time alone on the machine)",
    measuredAgain: { first: "it took 11 s" },
  });
});

it("a red by slowness that an earlier run kept is green in a run on a machine that is free again", async () => {
  seconds = [10, 11, 3];
  await nextRun();
  expect(await nextRun()).toMatchObject({ ran: 1, step: { outcome: "passed", cached: false } });
  expect(await nextRun()).toMatchObject({ ran: 0, step: { outcome: "passed", cached: true } });
});
