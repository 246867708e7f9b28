/**
 * What a machine needs before it can do the work of a plan, and how each need is called: the closed list that refusals and `doctor` share.
 * Derived from the plan's actions and from what the host executor itself needs, never written per step. Looks at no machine.
 */
import type { Plan } from "../../plan/plan.ts";
import { type Action, dependencies, type TargetPlatform } from "../action.ts";

/** A line of `doctor`; a refusal names the one that cures it. */
export type NeedId =
  | ("git" | "uv" | "environments" | "isolation" | "cache" | "dagger")
  | `platform-${string}`
  | `python-${string}`
  | `secret-${string}`
  | `package-${string}`;

/** One need as it follows from the plan; `steps` are the ids of the steps that cannot do without it, in the plan's order. */
export type Wanted = { readonly steps: readonly string[] } & (
  | { readonly kind: "git" | "uv" | "isolation" | "cache" | "dagger" }
  | { readonly kind: "platform"; readonly platform: TargetPlatform }
  /** `MAJOR.MINOR` or `any`. */
  | { readonly kind: "python"; readonly version: string }
  | { readonly kind: "secret"; readonly name: string }
  /** How many tool environments can be told before a run, and how many of them are in the store. */
  | { readonly kind: "environments"; readonly ready: number; readonly all: number }
  /** A package of the operating system that the config asks for: what the repository's own tests want. */
  | { readonly kind: "package"; readonly name: string }
);

/** What is told apart from the plan itself, since it takes the store and the config. */
export interface MoreNeeds {
  readonly environments: { readonly ready: number; readonly all: number };
  readonly packages: readonly string[];
}

export function platformNeed(platform: TargetPlatform): NeedId {
  return `platform-${platform.split("/")[0] ?? platform}`;
}

export function pythonNeed(version: string): NeedId {
  return `python-${version}`;
}

export function secretNeed(name: string): NeedId {
  return `secret-${name}`;
}

export function idOf(wanted: Wanted): NeedId {
  switch (wanted.kind) {
    case "platform":
      return platformNeed(wanted.platform);
    case "python":
      return pythonNeed(wanted.version);
    case "secret":
      return secretNeed(wanted.name);
    case "package":
      return `package-${wanted.name}`;
    default:
      return wanted.kind;
  }
}

/** Whether `doctor --install` has a way to get it on every machine; what else it can do depends on the machine. */
export function installs(need: string): boolean {
  return need.startsWith("python-");
}

/** What every run on this machine needs, whatever it runs. Also all that can be told without a config. */
export function generalNeeds(platform: TargetPlatform, steps: readonly string[] = []): Wanted[] {
  return [
    { kind: "platform", platform, steps },
    { kind: "git", steps },
    { kind: "cache", steps },
    // The guard of every command runs on it, and its pip fetches uv.
    { kind: "python", version: "any", steps },
    { kind: "uv", steps },
    { kind: "isolation", steps },
    { kind: "dagger", steps: [] },
  ];
}

/** The general needs, and those of the plan's actions. `platform` is the machine's own. */
export function needsOf(plan: Pick<Plan, "steps" | "actions">, platform: TargetPlatform, more: MoreNeeds): Wanted[] {
  const actions = new Map(plan.actions.map((a) => [a.id, a]));
  const found = new Map<NeedId, { wanted: Wanted; steps: Set<string> }>();
  const want = (wanted: Wanted, step: string) => {
    const known = found.get(idOf(wanted)) ?? { wanted, steps: new Set<string>() };
    known.steps.add(step);
    found.set(idOf(wanted), known);
  };
  for (const step of plan.steps) {
    if (step.skip !== undefined) continue;
    const ids = [...Object.values(step.actions), ...step.proofs.flatMap((p) => Object.values(p.actions))];
    for (const action of closure(ids, actions)) for (const wanted of needsOfAction(action)) want(wanted, step.id);
  }
  const running = [...new Set(plan.steps.filter((s) => s.skip === undefined).map((s) => s.id))];
  const general = generalNeeds(platform, running);
  const known = new Set(general.map(idOf));
  const own = [...found.values()].map(({ wanted, steps }) => ({ ...wanted, steps: [...steps] }));
  return [
    ...general,
    ...own.filter((w) => !known.has(idOf(w))).sort((a, b) => idOf(a).localeCompare(idOf(b), "en", { numeric: true })),
    { kind: "environments", steps: running, ...more.environments },
    ...more.packages.map((name): Wanted => ({ kind: "package", name, steps: [] })),
  ];
}

/** The same three things that the host executor asks for before it runs an action. */
function needsOfAction(action: Action): Wanted[] {
  return [
    { kind: "platform", platform: action.platform, steps: [] },
    { kind: "python", version: action.toolchain.python, steps: [] },
    ...Object.values(action.secrets).map((name): Wanted => ({ kind: "secret", name, steps: [] })),
  ];
}

function closure(ids: readonly string[], actions: ReadonlyMap<string, Action>): Action[] {
  const seen = new Map<string, Action>();
  const open = [...ids];
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    const action = actions.get(id);
    if (action === undefined || seen.has(id)) continue;
    seen.set(id, action);
    open.push(...dependencies(action));
  }
  return [...seen.values()];
}
