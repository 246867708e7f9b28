/**
 * When the actions of a run ran, and which chain of them the run could not have been faster than: from the journal and the plan's dependencies.
 * It draws nothing. Pure.
 */
import { dependencies } from "../exec/action.ts";
import type { Plan } from "../plan/plan.ts";
import type { ActionRecord, RunRecord } from "./run-record.ts";

/** An action whose command ran in this run. Times are milliseconds since the run began. */
export interface Bar {
  readonly id: string;
  readonly label: string;
  /** When everything that it reads was there, or when its row became free if that was later. */
  readonly ready: number;
  readonly start: number;
  readonly end: number;
  /** Row in its lane, so that no two bars lie over each other. */
  readonly row: number;
  readonly proof: boolean;
  readonly critical: boolean;
}

/** What belongs to one step; actions of several steps have a lane of their own. */
export interface Lane {
  readonly name: string;
  readonly rows: number;
  readonly bars: readonly Bar[];
  /** Replayed from the cache, and when. */
  readonly replayed: readonly { readonly id: string; readonly at: number }[];
}

export interface Timeline {
  /** In the order of the plan, those without anything left out. */
  readonly lanes: readonly Lane[];
  readonly spanMs: number;
  /** The longest chain of actions that had to run one after another, by the time that their commands took. */
  readonly critical: { readonly ms: number; readonly actions: readonly { readonly id: string; readonly ms: number }[] };
}

const SHARED = "shared by several checks";

type Ran = Extract<ActionRecord, { kind: "ran" }>;

interface Owner {
  readonly lane: string;
  readonly label: string;
  readonly proof: boolean;
}

export function timeline({ plan, verdict, actions }: RunRecord): Timeline {
  const zero = Date.parse(verdict.startedAt);
  const ran = actions.filter((a): a is Ran => a.kind === "ran");
  const ends = new Map(actions.map((a) => [a.id, a.endedAt - zero]));
  const needs = new Map(plan.actions.map((a) => [a.id, dependencies(a)]));
  const critical = criticalChain(plan, needs, commandTimes(ran));
  const onIt = new Set(critical.actions.map((a) => a.id));
  const owners = ownersOf(plan);
  const laneOf = (id: string): Owner => owners.get(id) ?? { lane: SHARED, label: id, proof: false };
  const lanes = [SHARED, ...plan.steps.map((s) => s.key)].flatMap((name): Lane[] => {
    const own = ran.filter((a) => laneOf(a.id).lane === name);
    const bars = packed(
      own.flatMap((a): Omit<Bar, "row">[] => {
        if (a.startedAt === undefined || a.cached) return [];
        const ready = Math.max(0, ...(needs.get(a.id) ?? []).map((id) => ends.get(id) ?? 0));
        const start = Math.max(0, a.startedAt - zero);
        const end = Math.max(start, a.endedAt - zero);
        const { label: name, proof } = laneOf(a.id);
        const label = a.again === true ? `${name}, again` : name;
        return [{ id: a.id, label, proof, ready: Math.min(ready, start), start, end, critical: onIt.has(a.id) }];
      }),
    );
    const replayed = own.filter((a) => a.cached).map((a) => ({ id: a.id, at: Math.max(0, a.endedAt - zero) }));
    if (bars.length === 0 && replayed.length === 0) return [];
    return [{ name, bars, rows: Math.max(0, ...bars.map((b) => b.row + 1)), replayed }];
  });
  const spanMs = Math.max(0, Date.parse(verdict.finishedAt) - zero);
  return { lanes, spanMs, critical };
}

/** By action; one that was measured again took both times. */
function commandTimes(ran: readonly Ran[]): ReadonlyMap<string, number> {
  const times = new Map<string, number>();
  for (const { id, cached, durationMs } of ran) if (!cached) times.set(id, (times.get(id) ?? 0) + durationMs);
  return times;
}

/** An action of one step is that step's; what several share is nobody's. */
function ownersOf(plan: Plan): ReadonlyMap<string, Owner> {
  const owners = new Map<string, Owner>();
  const claim = (id: string, owner: Owner): void => {
    const before = owners.get(id);
    owners.set(
      id,
      before === undefined || before.lane === owner.lane ? (before ?? owner) : { ...owner, lane: SHARED, label: id },
    );
  };
  for (const step of plan.steps) {
    for (const [name, id] of Object.entries(step.actions)) claim(id, { lane: step.key, label: name, proof: false });
    for (const proof of step.proofs) {
      for (const [name, id] of Object.entries(proof.actions)) {
        const label = Object.keys(proof.actions).length === 1 ? proof.id : `${proof.id}: ${name}`;
        claim(id, { lane: step.key, label, proof: true });
      }
    }
  }
  return owners;
}

/** Each bar in the first row that is free at its start. */
function packed(bars: readonly Omit<Bar, "row">[]): Bar[] {
  const busyUntil: number[] = [];
  return [...bars]
    .sort((a, b) => a.start - b.start || a.end - b.end)
    .map((bar) => {
      const free = busyUntil.findIndex((end) => end <= bar.start);
      const row = free < 0 ? busyUntil.length : free;
      const ready = Math.max(bar.ready, busyUntil[row] ?? 0);
      busyUntil[row] = bar.end;
      return { ...bar, row, ready };
    });
}

/** In the plan every action stands after what it depends on, so one pass is enough. */
function criticalChain(
  plan: Plan,
  needs: ReadonlyMap<string, readonly string[]>,
  took: ReadonlyMap<string, number>,
): Timeline["critical"] {
  const chains = new Map<string, { readonly ms: number; readonly before?: string }>();
  let last: string | undefined;
  for (const { id } of plan.actions) {
    const before = (needs.get(id) ?? []).reduce<string | undefined>(
      (most, next) =>
        (chains.get(next)?.ms ?? 0) > (most === undefined ? 0 : (chains.get(most)?.ms ?? 0)) ? next : most,
      undefined,
    );
    const ms = (before === undefined ? 0 : (chains.get(before)?.ms ?? 0)) + (took.get(id) ?? 0);
    chains.set(id, before === undefined ? { ms } : { ms, before });
    if (ms > (last === undefined ? 0 : (chains.get(last)?.ms ?? 0))) last = id;
  }
  const actions: { id: string; ms: number }[] = [];
  for (let id = last; id !== undefined; id = chains.get(id)?.before) {
    const ms = took.get(id);
    if (ms !== undefined) actions.unshift({ id, ms });
  }
  return { ms: last === undefined ? 0 : (chains.get(last)?.ms ?? 0), actions };
}
