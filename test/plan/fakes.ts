/**
 * Small steps, configs and clocks for tests of the plan and of the run. Behaving stand-ins: each can be made red.
 */
import type { Config } from "../../src/config/model.ts";
import type { RunEvent } from "../../src/evidence/events.ts";
import type { Action, Ref } from "../../src/exec/action.ts";
import type { SourceManifest } from "../../src/exec/manifest.ts";
import type { Base } from "../../src/exec/source.ts";
import { bundleOf } from "../../src/plan/bundle.ts";
import type { MadePlan, PlanInput } from "../../src/plan/make-plan.ts";
import { makePlan } from "../../src/plan/make-plan.ts";
import type { Clock, Log } from "../../src/ports.ts";
import type { Step, StepContext, Tripwire } from "../../src/steps/step.ts";
import { otherChecks, testSettings } from "../config/other-checks.ts";

const HASH = "a".repeat(64);

export const config: Config = {
  schema: 1,
  app: { name: "toy", root: "." },
  python: { versions: ["3.11", "3.12"], packages: ["toy"], extras: [], groups: [] },
  checks: {
    format: { paths: ["src"], timeoutSeconds: 60 },
    lint: { paths: ["src"], timeoutSeconds: 60 },
    types: { paths: ["src"], timeoutSeconds: 60, strict: true },
    "unit-tests": { paths: ["tests"], timeoutSeconds: 60, ...testSettings },
    ...otherChecks,
  },
  images: {},
};

export const manifest: SourceManifest = {
  entries: ["pyproject.toml", "src/toy.py", "tests/test_toy.py"].map((path) => ({
    path,
    mode: "100644" as const,
    size: 3,
    sha256: HASH,
  })),
};

/** A merge base from which these paths have changed; every other path of the manifest was there. */
export function baseOf(changed: readonly string[], oid = "1".repeat(40)): Base {
  const there = new Set(manifest.entries.map((e) => e.path));
  return { oid, has: (path) => there.has(path), changed };
}

export const bundle = bundleOf({
  entries: ["src/steps/toy/poison/bad/bad.py", "src/steps/toy/app/app.py"].map((path) => ({
    path,
    mode: "100644" as const,
    size: 1,
    sha256: "b".repeat(64),
  })),
});

export function action(id: string, inputs: Readonly<Record<string, Ref>> = {}, more: Partial<Action> = {}): Action {
  return {
    id,
    argv: ["true"],
    env: {},
    secrets: {},
    inputs,
    outputs: ["report"],
    platform: "linux/amd64",
    toolchain: { image: "python-3.11", python: "any", environments: {} },
    cache: "by-inputs",
    network: false,
    exclusive: false,
    timeoutSeconds: 60,
    ...more,
  };
}

export const output = (of: string): Ref => ({ kind: "output", action: of, output: "report" });

export const badFile: Tripwire = {
  id: "bad",
  title: "a bad file",
  scope: "app",
  overlay: () => ({ kind: "bundled", path: "src/steps/toy/poison/bad", to: "src" }),
  narrowTo: ["pyproject.toml"],
  expect: () => [{ rule: "bad", path: "src/bad.py" }],
};

/** A step whose single action `run` reads the app; red when its report says `bad PATH`. */
export function toyStep(more: Partial<Step> & { actions?: (context: StepContext) => readonly Action[] } = {}): Step {
  const { actions, ...rest } = more;
  return {
    id: "toy",
    title: "Toy",
    requirements: ["C1"],
    goals: ["pr-checks"],
    needs: [],
    perPython: false,
    paths: (c) => c.checks.lint.paths,
    plan: (context) => ({
      actions: (actions?.(context) ?? [action(`${context.prefix}/run`, { app: context.app(["**"]) })]).map((a) => ({
        name: a.id.slice(a.id.lastIndexOf("/") + 1),
        action: a,
      })),
    }),
    judge: ({ results }) => {
      const text = results["run"]?.read("report", "report.txt");
      if (text === undefined) return { outcome: "failed", reason: "no report", findings: [], facts: {} };
      const findings = [...text.matchAll(/^bad (.+)$/gm)].map((m) => ({
        rule: "bad",
        message: "it is bad",
        path: m[1] ?? "",
      }));
      return findings.length === 0
        ? { outcome: "passed", findings, facts: { files: 1 } }
        : { outcome: "failed", reason: `${findings.length} bad`, detail: text, findings, facts: {} };
    },
    tripwires: [],
    ...rest,
  };
}

export function made(steps: readonly Step[], more: Partial<PlanInput> = {}): MadePlan & { steps: readonly Step[] } {
  const input: PlanInput = {
    goal: "pr-checks",
    pipeline: { name: "voicekey-pipeline", version: "0.0.0" },
    config,
    steps,
    platform: "linux/amd64",
    manifest,
    base: null,
    bundle,
    images: { "python-3.11": "python@sha256:1" },
    only: [],
    skip: [],
    prove: true,
    proofsOnly: false,
    ...more,
  };
  return { ...makePlan(input), steps };
}

/** Time stands still unless it is moved. */
export function stillClock(): Clock {
  return { now: () => new Date("2020-01-02T03:04:05Z"), monotonic: () => 0 };
}

export function recordingLog(): Log & { readonly events: RunEvent[] } {
  const events: RunEvent[] = [];
  return { events, emit: (event) => void events.push(event) };
}
