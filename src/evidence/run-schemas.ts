/**
 * The files of an evidence folder as their readers may rely on them. What is named here is checked; members that no reader uses pass by.
 * The shapes are those of verdict.ts, events.ts, plan.ts and step.ts; a difference is a type error in run-record.ts.
 */
import * as z from "zod";

const digest = z.string().regex(/^sha256:[0-9a-f]{64}$/);
const time = z.iso.datetime();
const strings = z.record(z.string(), z.string());

const findingSchema = z.object({
  rule: z.string(),
  message: z.string(),
  path: z.string().exactOptional(),
  line: z.int().exactOptional(),
  column: z.int().exactOptional(),
  tooSlow: z.string().exactOptional(),
});

const testSchema = z.object({
  classname: z.string(),
  name: z.string(),
  file: z.string().exactOptional(),
  line: z.int().exactOptional(),
  outcome: z.enum(["passed", "failed", "error", "skipped"]),
  message: z.string(),
  text: z.string(),
  seconds: z.number().exactOptional(),
  flaky: z.boolean().exactOptional(),
});

const measureSchema = z.object({
  id: z.string(),
  title: z.string(),
  unit: z.string(),
  better: z.enum(["lower", "higher"]),
  groups: z.array(z.object({ name: z.string(), values: z.array(z.number()) })),
  limits: z.array(z.object({ name: z.string(), value: z.number() })),
});

/** `steps/<id>/judgement.json`. */
export const judgementSchema = z.object({
  outcome: z.enum(["passed", "failed"]),
  reason: z.string().exactOptional(),
  detail: z.string().exactOptional(),
  findings: z.array(findingSchema),
  facts: z.record(z.string(), z.union([z.string(), z.number()])),
  tests: z.array(testSchema).exactOptional(),
  measures: z.array(measureSchema).exactOptional(),
});

const measuredAgainSchema = z.object({ actions: z.array(z.string()), first: z.string() });

const proofSchema = z.object({
  id: z.string(),
  title: z.string(),
  scope: z.enum(["app", "tool-only"]),
  outcome: z.enum(["caught", "missed", "refused"]),
  reason: z.string().exactOptional(),
  cached: z.boolean(),
  measuredAgain: measuredAgainSchema.exactOptional(),
});

/** `verdict.json`. Members that are added later are handed on as they are. */
export const verdictSchema = z.looseObject({
  schema: z.literal(1),
  goal: z.string(),
  plan: digest,
  commit: z.string().exactOptional(),
  outcome: z.enum(["passed", "failed", "incomplete"]),
  partial: z.object({ base: z.string(), leftOut: z.array(z.string()), of: z.int() }).exactOptional(),
  proved: z.boolean(),
  strict: z.boolean(),
  where: z.string(),
  startedAt: time,
  finishedAt: time,
  steps: z.array(
    z.looseObject({
      id: z.string(),
      platform: z.string(),
      python: z.string().exactOptional(),
      outcome: z.enum(["passed", "failed", "skipped", "refused", "blocked"]),
      reason: z.string().exactOptional(),
      remedy: z.string().exactOptional(),
      need: z.string().exactOptional(),
      detail: z.string().exactOptional(),
      cached: z.boolean(),
      measuredAgain: measuredAgainSchema.exactOptional(),
      proved: z.boolean(),
      proofs: z.array(proofSchema),
      durationMs: z.number(),
      requirements: z.array(z.string()),
      facts: z.record(z.string(), z.union([z.string(), z.number()])),
      evidence: z.array(z.object({ path: z.string(), sha256: z.string() })),
    }),
  ),
});

/** `plan.json`: that the rest is as the plan was made, its digest says, which the loader computes anew. */
export const planSchema = z.looseObject({ schema: z.literal(1), digest });

const finished = z.object({
  type: z.literal("action-finished"),
  at: time,
  action: z.string(),
  status: z.union([
    z.object({ kind: z.literal("exited"), code: z.int() }),
    z.object({ kind: z.literal("signalled"), signal: z.string() }),
    z.object({ kind: z.literal("timed-out"), afterSeconds: z.number() }),
  ]),
  cached: z.boolean(),
  durationMs: z.number(),
  enforced: z.object({ network: z.enum(["allowed", "cut", "open"]), filesystem: z.enum(["isolated", "shared"]) }),
  toolchain: strings,
});

/** A line of `journal.jsonl`. Only those about actions are read. */
export const eventSchema = z.discriminatedUnion("type", [
  z.object({ type: z.literal("action-started"), at: time, action: z.string() }),
  z.object({ type: z.literal("action-again"), at: time, action: z.string() }),
  finished,
  z.object({ type: z.literal("action-refused"), at: time, action: z.string(), reason: z.string() }),
  z.object({ type: z.literal("action-not-run"), at: time, action: z.string(), reason: z.string() }),
  z.object({ type: z.enum(["run-started", "proof-finished", "step-finished", "run-finished"]), at: time }),
]);
