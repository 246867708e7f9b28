import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { PipelineError } from "../../src/errors.ts";
import type { RunVerdict } from "../../src/evidence/verdict.ts";
import { exitOf } from "../../src/evidence/verdict.ts";
import type { Action } from "../../src/exec/action.ts";
import type { Answer } from "../../src/exec/record-executor.ts";
import { RecordExecutor } from "../../src/exec/record-executor.ts";
import { runPlan } from "../../src/plan/run.ts";
import type { Step } from "../../src/steps/step.ts";
import { action, badFile, made, output, recordingLog, stillClock, toyStep } from "./fakes.ts";

let evidence: string;
beforeEach(() => {
  evidence = mkdtempSync(join(tmpdir(), "vkp-run-"));
});
afterEach(() => rmSync(evidence, { recursive: true, force: true }));

const good: Answer = { outputs: { report: { "report.txt": "fine\n" } } };
const bad: Answer = { status: { kind: "exited", code: 1 }, outputs: { report: { "report.txt": "bad src/bad.py\n" } } };

/** Poison is found, the app is clean. */
const honest = (a: Action): Answer => (a.id.includes("/proof/") ? bad : good);

interface Options {
  jobs?: number;
  strict?: boolean;
  failFast?: boolean;
  signal?: AbortSignal;
  prove?: boolean;
}

async function run(steps: readonly Step[], answer: (a: Action) => Answer, o: Options = {}) {
  const executor = new RecordExecutor(answer);
  const log = recordingLog();
  const runnable = made(steps, { prove: o.prove ?? true });
  const options = {
    jobs: o.jobs ?? 2,
    strict: o.strict ?? false,
    failFast: o.failFast ?? false,
    evidence,
    clock: stillClock(),
    log,
  };
  const verdict = await runPlan(runnable, executor, { ...options, signal: o.signal ?? new AbortController().signal });
  return { verdict, executor, log, plan: runnable.plan };
}

const outcomes = (v: RunVerdict) =>
  Object.fromEntries(v.steps.map((s) => [s.python === undefined ? s.id : `${s.id}@${s.python}`, s.outcome]));

describe("a verdict", () => {
  it("is passed and proved when the gate passes on the app and fails on its poison", async () => {
    const { verdict, plan } = await run([toyStep({ tripwires: [badFile] })], honest);
    expect(verdict).toMatchObject({ schema: 1, outcome: "passed", proved: true, plan: plan.digest, where: "record" });
    expect(verdict.steps[0]?.proofs).toEqual([
      { id: "bad", title: "a bad file", scope: "app", outcome: "caught", cached: false },
    ]);
    expect(exitOf(verdict)).toBe(0);
  });

  it("is failed when a gate lets its poison pass, whatever it says of the app", async () => {
    const { verdict } = await run([toyStep({ tripwires: [badFile] })], () => good);
    expect(verdict.steps[0]).toMatchObject({
      outcome: "failed",
      proved: false,
      reason: "the gate does not gate: bad (a bad file)",
    });
    expect(exitOf(verdict)).toBe(1);
  });

  it("is failed when a gate is red on its poison for another reason than the planted one", async () => {
    const other: Answer = { outputs: { report: { "report.txt": "bad src/other.py\n" } } };
    const { verdict } = await run([toyStep({ tripwires: [badFile] })], (a) =>
      a.id.includes("/proof/") ? other : good,
    );
    expect(verdict.steps[0]?.detail).toContain("not for the planted reason: no finding bad in src/bad.py");
  });

  it("is failed when the report is missing although the command exited 0", async () => {
    const { verdict } = await run([toyStep()], () => ({}));
    expect(verdict.steps[0]).toMatchObject({ outcome: "failed", reason: "no report" });
  });

  it("is incomplete when a step is refused: exit 0 on a laptop, 3 under --strict", async () => {
    const refuse = { reason: "no python3.12", remedy: "install it" };
    const steps = [toyStep({ tripwires: [badFile] }), toyStep({ id: "other", tripwires: [badFile] })];
    const answer = (a: Action) => (a.id.startsWith("other") ? { refuse } : honest(a));
    const { verdict } = await run(steps, answer);
    expect(outcomes(verdict)).toEqual({ toy: "passed", other: "refused" });
    expect(verdict.steps[1]).toMatchObject({ reason: "no python3.12", remedy: "install it" });
    expect([verdict.outcome, exitOf(verdict)]).toEqual(["incomplete", 0]);
    expect(exitOf((await run(steps, answer, { strict: true })).verdict)).toBe(3);
  });

  it("is exit 3 when the machine could do nothing at all, strict or not", async () => {
    const { verdict } = await run([toyStep()], () => ({ refuse: { reason: "no Python", remedy: "install one" } }));
    expect([verdict.outcome, exitOf(verdict)]).toEqual(["incomplete", 3]);
  });

  it("is unproved without proofs, which a strict run does not accept", async () => {
    const step = toyStep({ tripwires: [badFile] });
    expect((await run([step], honest, { prove: false })).verdict).toMatchObject({ outcome: "passed", proved: false });
    const strict = (await run([step], honest, { prove: false, strict: true })).verdict;
    expect([strict.outcome, exitOf(strict)]).toEqual(["incomplete", 3]);
  });

  it("does not call a gate proved that has no tripwire", async () => {
    const { verdict } = await run([toyStep()], honest, { strict: true });
    expect(verdict).toMatchObject({ outcome: "incomplete", proved: false });
  });

  it("keeps a skip's reason and does not count it against the run", async () => {
    const { verdict } = await run(
      [toyStep({ id: "a", plan: () => ({ skip: "no such thing here" }) }), toyStep({ tripwires: [badFile] })],
      honest,
    );
    expect(verdict).toMatchObject({
      outcome: "passed",
      proved: true,
      steps: [{ outcome: "skipped", reason: "no such thing here" }, {}],
    });
  });
});

describe("evidence", () => {
  it("holds the plan, the verdict, the journal and every file of the step with its hash", async () => {
    const { verdict, plan } = await run([toyStep({ tripwires: [badFile] })], honest);
    const json = (file: string): unknown => JSON.parse(readFileSync(join(evidence, file), "utf8"));
    expect(json("plan.json")).toEqual(JSON.parse(JSON.stringify(plan)));
    expect(json("verdict.json")).toEqual(JSON.parse(JSON.stringify(verdict)));
    const paths = verdict.steps[0]?.evidence.map((e) => e.path);
    expect(paths).toEqual([
      "steps/toy/judgement.json",
      "steps/toy/proof/bad/run/report/report.txt",
      "steps/toy/proofs.json",
      "steps/toy/run/report/report.txt",
      "steps/toy/statement.json",
    ]);
    expect(json("steps/toy/statement.json")).toMatchObject({ predicate: { result: "PASSED" } });
    const journal = readFileSync(join(evidence, "journal.jsonl"), "utf8").trim().split("\n");
    expect(JSON.parse(journal[0] ?? "")).toMatchObject({ type: "run-started", plan: plan.digest });
    expect(JSON.parse(journal.at(-1) ?? "")).toMatchObject({ type: "run-finished", outcome: "passed" });
  });
});

describe("the graph", () => {
  const chain = toyStep({
    actions: (c) => [action("project/wheel"), action(`${c.prefix}/run`, { wheel: output("project/wheel") })],
  });

  it("hands the output of an action to the one that reads it", async () => {
    const { executor } = await run([chain], (a) =>
      a.id === "project/wheel" ? { outputs: { report: { "a.whl": "bytes" } } } : good,
    );
    expect(executor.ran.at(-1)?.trees.inputs["wheel"]).toEqual(new Map([["a.whl", "bytes"]]));
  });

  it("does not run a consumer of a failed action, and its step fails with that action's last words", async () => {
    const { verdict, executor } = await run([chain], (a) =>
      a.id === "project/wheel"
        ? { status: { kind: "exited", code: 2 }, stderr: "backend: no\n", durationMs: 70 }
        : good,
    );
    expect(executor.ran.map((r) => r.action.id)).toEqual(["project/wheel"]);
    expect(verdict.steps[0]).toMatchObject({
      outcome: "failed",
      reason: "project/wheel failed (exit status 2)",
      detail: "backend: no",
      durationMs: 70,
    });
    expect(verdict.steps[0]?.evidence.map((e) => e.path)).toContain("steps/toy/wheel/stderr.txt");
  });

  it("refuses a step before any of its work when a part of it cannot run here", async () => {
    const { verdict, executor } = await run([chain], (a) =>
      a.id === "toy/run" ? { refuse: { reason: "no", remedy: "yes" } } : good,
    );
    expect(executor.ran).toEqual([]);
    expect(outcomes(verdict)).toEqual({ toy: "refused" });
  });

  it("blocks a step whose need is red", async () => {
    const steps = [toyStep({ id: "first" }), toyStep({ id: "second", needs: ["first"] })];
    const { verdict } = await run(steps, (a) => (a.id.startsWith("first") ? bad : good));
    expect(outcomes(verdict)).toEqual({ first: "failed", second: "blocked" });
    expect(verdict.steps[1]?.reason).toBe("first is failed");
  });

  it("counts an environment that cannot be built as the step's failure and a missing interpreter as a refusal", async () => {
    const thrower = (code: "ENVIRONMENT_FAILED" | "INTERPRETER_MISSING"): Answer => ({
      while: async () => {
        throw new PipelineError(code, "no such package");
      },
    });
    expect(outcomes((await run([toyStep()], () => thrower("ENVIRONMENT_FAILED"))).verdict)).toEqual({ toy: "failed" });
    expect(outcomes((await run([toyStep()], () => thrower("INTERPRETER_MISSING"))).verdict)).toEqual({
      toy: "refused",
    });
  });

  it("ends a run with the error when the machine itself is broken", async () => {
    const broken: Answer = {
      while: async () => {
        throw new PipelineError("STORE_UNUSABLE", "disk full");
      },
    };
    const steps = [toyStep({ id: "a" }), toyStep({ id: "b" })];
    await expect(
      run(steps, (a) => (a.id === "a/run" ? broken : { while: (signal) => sleep(10_000, undefined, { signal }) })),
    ).rejects.toThrow("disk full");
  });
});

describe("the scheduler", () => {
  function many(count: number, exclusive: (i: number) => boolean = () => false): Step {
    return toyStep({
      actions: (c) =>
        Array.from({ length: count }, (_, i) =>
          action(`${c.prefix}/${i === 0 ? "run" : i}`, {}, { exclusive: exclusive(i) }),
        ),
    });
  }

  async function overlaps(step: Step, jobs: number) {
    let now = 0;
    const seen: { id: string; beside: number }[] = [];
    const answer = (a: Action): Answer => ({
      ...good,
      while: async () => {
        now += 1;
        const beside = now;
        await sleep(5);
        seen.push({ id: a.id, beside: Math.max(beside, now) });
        now -= 1;
      },
    });
    await run([step], answer, { jobs });
    return seen;
  }

  it("runs as many actions at once as --jobs allows, and no more", async () => {
    const seen = await overlaps(many(9), 3);
    expect(Math.max(...seen.map((s) => s.beside))).toBe(3);
  });

  it("runs an exclusive action alone", async () => {
    const seen = await overlaps(
      many(9, (i) => i === 4),
      3,
    );
    expect(seen.find((s) => s.id === "toy/4")?.beside).toBe(1);
    expect(seen).toHaveLength(9);
  });

  it("asks for no place when an action comes from the cache", async () => {
    const { log, verdict } = await run([toyStep()], () => ({ ...good, cached: true }));
    expect(log.events.some((e) => e.type === "action-started")).toBe(false);
    expect(verdict.steps[0]).toMatchObject({ cached: true, durationMs: 0 });
  });

  it("ends the others when --fail-fast is given and a step is red", async () => {
    const steps = [toyStep({ id: "red" }), toyStep({ id: "slow" })];
    const answer = (a: Action): Answer =>
      a.id === "red/run" ? bad : { ...good, while: (signal) => sleep(60_000, undefined, { signal }) };
    const { verdict } = await run(steps, answer, { failFast: true });
    expect(outcomes(verdict)).toEqual({ red: "failed", slow: "blocked" });
  });

  it("waits, when it is interrupted, until every command has ended", async () => {
    const interrupt = new AbortController();
    let ended = false;
    const step = toyStep({ actions: (c) => [action(`${c.prefix}/run`), action(`${c.prefix}/slow`)] });
    const answer = (a: Action): Answer => ({
      while: async () => {
        if (a.id === "toy/run") return interrupt.abort(new Error("Ctrl-C"));
        await sleep(100);
        ended = true;
      },
    });
    await expect(run([step], answer, { signal: interrupt.signal })).rejects.toThrow("Ctrl-C");
    expect(ended).toBe(true);
  });

  it("ends at once when it is interrupted, and writes no verdict", async () => {
    const interrupt = new AbortController();
    const answer = (): Answer => ({
      while: async (signal) => {
        interrupt.abort(new Error("Ctrl-C"));
        await sleep(60_000, undefined, { signal });
      },
    });
    await expect(run([toyStep()], answer, { signal: interrupt.signal })).rejects.toThrow("Ctrl-C");
    expect(() => readFileSync(join(evidence, "verdict.json"))).toThrow("ENOENT");
  });
});
