/** A plan of any size without an application: steps of trivial actions. Reads and runs nothing. */
import type { Config } from "../../src/config/model.ts";
import type { Action, Ref } from "../../src/exec/action.ts";
import type { MadePlan, PlanInput } from "../../src/plan/make-plan.ts";
import type { Step, Tripwire } from "../../src/steps/step.ts";
import { otherChecks, testSettings } from "../config/other-checks.ts";

export interface Shape {
  readonly steps: number;
  /** Of each step, and again of each of its tripwires. */
  readonly actions: number;
  /** Of each step. */
  readonly tripwires: number;
  /** Files of the application. */
  readonly files: number;
  /** Whether each action of a step reads what the one before it wrote. */
  readonly chained: boolean;
}

const paths = { paths: ["src"], timeoutSeconds: 60 };
const config: Config = {
  schema: 1,
  app: { name: "synthetic", root: "." },
  python: { versions: ["3.11"], packages: ["synthetic"], extras: [], groups: [] },
  checks: {
    format: paths,
    lint: paths,
    types: { ...paths, strict: true },
    "unit-tests": { ...paths, ...testSettings },
    ...otherChecks,
  },
  images: {},
};

/** An action that does nothing in the host's own Python. Its text differs by its id, so that none is another's cached result. */
function trivial(prefix: string, i: number, app: Ref, chained: boolean): Action {
  const before =
    chained && i > 0 ? { before: { kind: "output", action: `${prefix}/${i - 1}`, output: "out" } as const } : {};
  const id = `${prefix}/${i}`;
  return {
    id,
    argv: [{ tool: "python", env: "empty" }, "-I", "-S", "-c", `"${id}"`],
    env: {},
    secrets: {},
    inputs: { ...before, app },
    outputs: ["out"],
    platform: "linux/amd64",
    toolchain: {
      image: "python",
      python: "any",
      environments: { empty: { lock: { kind: "inline", files: { "empty.txt": "# nothing\n" } } } },
    },
    cache: "by-inputs",
    network: false,
    exclusive: false,
    timeoutSeconds: 60,
  };
}

const tripwire = (n: number): Tripwire => ({
  id: `poison-${n}`,
  title: "nothing is wrong",
  scope: "app",
  overlay: () => ({ kind: "inline", files: { "src/poison.py": `# ${n}\n` } }),
  expect: () => [],
});

function step(n: number, shape: Shape): Step {
  return {
    id: `synthetic-${n}`,
    title: "Trivial actions",
    requirements: ["U1"],
    goals: ["pr-checks"],
    needs: [],
    perPython: false,
    paths: () => ["src"],
    plan: ({ prefix, app }) => ({
      actions: Array.from({ length: shape.actions }, (_, i) => ({
        name: `a${i}`,
        action: trivial(prefix, i, app(["src/**"]), shape.chained),
      })),
    }),
    judge: ({ results }) => {
      const red = Object.values(results).filter((r) => r.status.kind !== "exited" || r.status.code !== 0);
      return {
        outcome: red.length === 0 ? "passed" : "failed",
        findings: [],
        facts: { actions: Object.keys(results).length },
      };
    },
    tripwires: Array.from({ length: shape.tripwires }, (_, i) => tripwire(i)),
  };
}

export function syntheticInput(shape: Shape): PlanInput {
  const entries = Array.from({ length: shape.files }, (_, i) => ({
    path: `src/module_${String(i).padStart(6, "0")}.py`,
    mode: "100644" as const,
    size: i,
    sha256: i.toString(16).padStart(64, "0"),
  }));
  return {
    goal: "pr-checks",
    pipeline: { name: "voicekey-pipeline", version: "0.0.0" },
    config,
    steps: Array.from({ length: shape.steps }, (_, n) => step(n, shape)),
    platform: "linux/amd64",
    manifest: { entries },
    base: null,
    bundle: { entries: () => [] },
    images: { python: `python@sha256:${"0".repeat(64)}` },
    only: [],
    skip: [],
    prove: true,
    proofsOnly: false,
  };
}

export function runnable(made: MadePlan, input: PlanInput): MadePlan & { steps: readonly Step[] } {
  return { ...made, steps: input.steps };
}
