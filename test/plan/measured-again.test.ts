import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { PipelineError } from "../../src/errors.ts";
import { loadRun } from "../../src/evidence/run-record.ts";
import type { Action } from "../../src/exec/action.ts";
import { type Answer, RecordExecutor } from "../../src/exec/record-executor.ts";
import { runPlan } from "../../src/plan/run.ts";
import type { Step } from "../../src/steps/step.ts";
import { action, badFile, made, output, recordingLog, stillClock, toyStep } from "./fakes.ts";

let evidence: string;
beforeEach(() => {
  evidence = mkdtempSync(join(tmpdir(), "vkp-again-"));
});
afterEach(() => rmSync(evidence, { recursive: true, force: true }));

const report = (text: string, more: Answer = {}): Answer => ({ outputs: { report: { "report.txt": text } }, ...more });
const TIMED_OUT = { kind: "timed-out", afterSeconds: 60 } as const;

/** Its report says what is wrong, line by line: `slow` is so only by time, `bad PATH` is not. */
function timedStep(more: Parameters<typeof toyStep>[0] = {}): Step {
  return toyStep({
    judge: ({ results }) => {
      const lines = (results["run"]?.read("report", "report.txt") ?? "bad report").split("\n");
      const slow = lines
        .filter((line) => line.startsWith("slow"))
        .map((message) => ({ rule: "slow", message, tooSlow: "run" }));
      const bad = lines
        .filter((line) => line.startsWith("bad "))
        .map((line) => ({ rule: "bad", message: "it is bad", path: line.slice(4) }));
      const findings = [...slow, ...bad];
      if (findings.length === 0) return { outcome: "passed", findings, facts: {} };
      return { outcome: "failed", reason: findings.map((f) => f.message).join("; "), findings, facts: {} };
    },
    ...more,
  });
}

async function run(steps: readonly Step[], answer: (a: Action, fresh: boolean) => Answer, jobs = 2) {
  const executor = new RecordExecutor((a, _, fresh = false) => answer(a, fresh));
  const log = recordingLog();
  const runnable = made(steps);
  const options = { jobs, strict: false, failFast: false, evidence, clock: stillClock(), log };
  const verdict = await runPlan(runnable, executor, { ...options, signal: new AbortController().signal });
  const ran = executor.ran.map((r) => `${r.action.id}${r.fresh ? ", fresh" : ""}`);
  return { verdict, step: verdict.steps[0], ran, log };
}

const text = (path: string): string => readFileSync(join(evidence, path), "utf8");

describe("a red that rests on elapsed time alone", () => {
  it("is measured again, and green when the second measurement is; both are evidence", async () => {
    const { verdict, step, ran } = await run([timedStep()], (_, fresh) =>
      report(fresh ? "fine" : "slow: 10.0 s", { durationMs: 100 }),
    );
    expect(ran).toEqual(["toy/run", "toy/run, fresh"]);
    expect(step).toMatchObject({ outcome: "passed", cached: false, durationMs: 200 });
    expect(step?.measuredAgain).toEqual({ actions: ["run"], first: "slow: 10.0 s" });
    expect([text("steps/toy/first/run/report/report.txt"), text("steps/toy/run/report/report.txt")]).toEqual([
      "slow: 10.0 s",
      "fine",
    ]);
    expect(JSON.parse(text("steps/toy/first/judgement.json"))).toMatchObject({ outcome: "failed" });
    expect(JSON.parse(text("steps/toy/judgement.json"))).toMatchObject({ outcome: "passed" });
    expect(verdict.steps[0]?.evidence.map((e) => e.path)).toContain("steps/toy/first/run/report/report.txt");
  });

  it("stays red when the second measurement is, whose words count, and says that it was measured twice", async () => {
    const { step, ran } = await run([timedStep()], (_, fresh) => report(fresh ? "slow: 9.0 s" : "slow: 10.0 s"));
    expect(ran).toHaveLength(2);
    expect(step).toMatchObject({
      outcome: "failed",
      reason: "slow: 9.0 s (measured twice, the second time alone on the machine)",
      measuredAgain: { first: "slow: 10.0 s" },
    });
  });

  it("is measured now, once, when the first was replayed from a cache", async () => {
    const { step, ran } = await run([timedStep()], (_, fresh) =>
      report(fresh ? "fine" : "slow: 10.0 s", { cached: true, durationMs: 100 }),
    );
    expect(ran).toEqual(["toy/run", "toy/run, fresh"]);
    expect(step).toMatchObject({ outcome: "passed", cached: false, durationMs: 100 });
  });

  it("is red for the second measurement's reason, when that is another one", async () => {
    const { step } = await run([timedStep()], (_, fresh) => report(fresh ? "bad src/a.py" : "slow: 10.0 s"));
    expect(step?.reason).toBe("it is bad (measured twice, the second time alone on the machine)");
  });

  it("is refused when the machine cannot run it any more", async () => {
    const refused = { reason: "the interpreter went away", remedy: "install it" };
    const { step } = await run([timedStep()], (_, fresh) =>
      fresh ? { while: () => Promise.reject(refusal(refused.reason)) } : report("slow"),
    );
    expect(step).toMatchObject({ outcome: "refused", reason: refused.reason });
  });

  it("is run alone, although other actions of the plan run beside each other", async () => {
    let now = 0;
    let beside = 0;
    const others = toyStep({
      id: "others",
      actions: (c) => Array.from({ length: 8 }, (_, i) => action(`${c.prefix}/${i === 0 ? "run" : i}`)),
    });
    await run(
      [timedStep(), others],
      (_, fresh) => ({
        ...report(fresh ? "fine" : "slow"),
        while: async () => {
          now += 1;
          if (fresh) beside = Math.max(beside, now);
          await sleep(5);
          if (fresh) beside = Math.max(beside, now);
          now -= 1;
        },
      }),
      3,
    );
    expect(beside).toBe(1);
  });

  it("runs only the actions that were too slow once more, not what they read", async () => {
    const step = timedStep({
      actions: (c) => [action("project/wheel"), action(`${c.prefix}/run`, { wheel: output("project/wheel") })],
    });
    const { ran } = await run([step], (a, fresh) => report(a.id === "toy/run" && !fresh ? "slow" : "fine"));
    expect(ran).toEqual(["project/wheel", "toy/run", "toy/run, fresh"]);
  });

  it("stands in the journal twice, and the record of the run says which is which", async () => {
    const { log } = await run([timedStep()], (_, fresh) => report(fresh ? "fine" : "slow"));
    expect(log.events.filter((e) => "action" in e && e.type !== "action-output").map((e) => e.type)).toEqual([
      "action-started",
      "action-finished",
      "action-again",
      "action-started",
      "action-finished",
    ]);
    const record = await loadRun(evidence);
    expect(record.actions.map((a) => a.kind === "ran" && a.again)).toEqual([undefined, true]);
    expect(record.steps[0]?.verdict.measuredAgain).toEqual({ actions: ["run"], first: "slow" });
  });
});

describe("a red with another reason as well", () => {
  it("is not measured again: a finding that time does not explain stays", async () => {
    const { step, ran } = await run([timedStep()], () => report("slow: 10.0 s\nbad src/a.py"));
    expect(ran).toEqual(["toy/run"]);
    expect(step).toMatchObject({ outcome: "failed", reason: "slow: 10.0 s; it is bad" });
    expect(step).not.toHaveProperty("measuredAgain");
    expect(existsSync(join(evidence, "steps/toy/first"))).toBe(false);
  });
});

describe("an action that does not end in its time", () => {
  it("is run again, alone, before it is judged; the first attempt is evidence", async () => {
    const { step, ran } = await run([timedStep()], (_, fresh) =>
      fresh ? report("fine") : report("half", { status: TIMED_OUT }),
    );
    expect(ran).toEqual(["toy/run", "toy/run, fresh"]);
    expect(step).toMatchObject({
      outcome: "passed",
      measuredAgain: { actions: ["run"], first: "toy/run: not ended within 60 s" },
    });
    expect(text("steps/toy/first/run/report/report.txt")).toBe("half");
  });

  it("is red when it does not the second time either, and is not run a third time", async () => {
    const { step, ran } = await run([timedStep()], () => report("slow", { status: TIMED_OUT }));
    expect(ran).toEqual(["toy/run", "toy/run, fresh"]);
    expect(step).toMatchObject({
      outcome: "failed",
      reason: "slow (measured twice, the second time alone on the machine)",
    });
  });

  it("is run again for all that read it, once", async () => {
    const reads = (id: string) =>
      timedStep({
        id,
        actions: (c) => [action("project/wheel"), action(`${c.prefix}/run`, { wheel: output("project/wheel") })],
      });
    const { verdict, ran } = await run([reads("a"), reads("b")], (a, fresh) =>
      a.id === "project/wheel" && !fresh ? { status: TIMED_OUT } : report("fine"),
    );
    expect(verdict.steps.map((s) => [s.outcome, s.measuredAgain?.first])).toEqual(
      Array(2).fill(["passed", "project/wheel: not ended within 60 s"]),
    );
    expect(ran.filter((id) => id.startsWith("project/wheel"))).toEqual(["project/wheel", "project/wheel, fresh"]);
  });

  it("keeps those that read it from running when it never does, and the reason says that it was tried twice", async () => {
    const step = timedStep({
      actions: (c) => [action("project/wheel"), action(`${c.prefix}/run`, { wheel: output("project/wheel") })],
    });
    const { step: verdict } = await run([step], (a) => (a.id === "project/wheel" ? { status: TIMED_OUT } : {}));
    expect(verdict).toMatchObject({
      outcome: "failed",
      reason: "project/wheel failed (not ended within 60 s) (measured twice, the second time alone on the machine)",
    });
  });
});

describe("a proof", () => {
  const proved = timedStep({ tripwires: [badFile] });
  const inProof = (a: Action) => a.id.includes("/proof/");

  it("that was missed by time alone is tried again, and counts when it is caught then", async () => {
    const { verdict, step } = await run([proved], (a, fresh) =>
      report(inProof(a) ? (fresh ? "bad src/bad.py" : "slow") : "fine"),
    );
    expect(step?.proofs).toMatchObject([{ outcome: "caught", measuredAgain: { actions: ["run"], first: "slow" } }]);
    expect(verdict.proved).toBe(true);
    expect(text("steps/toy/proof/bad/first/run/report/report.txt")).toBe("slow");
  });

  it("that is missed by time alone twice is missed, and says so", async () => {
    const { step } = await run([proved], (a) => report(inProof(a) ? "slow" : "fine"));
    expect(step?.proofs[0]).toMatchObject({ outcome: "missed" });
    expect(step?.proofs[0]?.reason).toContain("(measured twice, the second time alone on the machine)");
  });

  it("that is caught by what is red by time is believed, replayed or not", async () => {
    const byTime = { ...badFile, expect: () => [{ rule: "slow" }] };
    const { step, ran } = await run([timedStep({ tripwires: [byTime] })], (a) =>
      report(inProof(a) ? "slow" : "fine", { cached: true }),
    );
    expect(step?.proofs).toMatchObject([{ outcome: "caught", cached: true }]);
    expect(ran.filter((id) => id.endsWith("fresh"))).toEqual([]);
  });

  it("that is missed because the gate passed is not tried again", async () => {
    const { ran } = await run([proved], () => report("fine"));
    expect(ran).toHaveLength(2);
  });
});

function refusal(message: string): Error {
  return new PipelineError("INTERPRETER_MISSING", message);
}
