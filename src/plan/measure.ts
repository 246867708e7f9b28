/**
 * Has the actions of a step or of a proof run, takes their evidence, and has it judged. A judgement that is not believed and rests on elapsed time
 * alone is measured again: the actions that were too slow run once more, freshly and alone, and the second judgement counts, whatever it is. The
 * first may have come from a cache: then this is how a red that only slowness caused is never replayed. It decides nothing of its own.
 */
import { mkdir, rename, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { collectAction } from "../evidence/collect.ts";
import type { MeasuredAgain } from "../evidence/verdict.ts";
import type { ActionResult, Executor } from "../exec/executor.ts";
import { describeExit } from "../exec/exit-status.ts";
import type { JudgedAction, Judgement } from "../steps/step.ts";
import type { ActionEnd } from "./action-end.ts";
import type { Walk } from "./walk.ts";

/** Where the evidence of the first measurement lies, below that of the step or the proof. No action has this name. */
const FIRST = "first";

export interface Measuring<Tree> {
  readonly walk: Walk<Tree>;
  readonly executor: Executor<Tree>;
  /** The evidence folder, and the folder in it that the actions' folders go to. */
  readonly evidence: string;
  readonly folder: string;
  readonly judge: (results: Readonly<Record<string, JudgedAction>>) => Judgement;
  /** Whether a judgement is taken as it is: a green one, or a proof's that catches its poison. */
  readonly believes: (judgement: Judgement) => boolean;
}

/** `ended`: an action did not do its work, so that there is nothing to judge; what the others left is evidence all the same. */
export type Measured<Tree> =
  | {
      readonly kind: "judged";
      readonly judgement: Judgement;
      /** Everything came from the cache. */
      readonly cached: boolean;
      /** Of all commands that ran, those of a first measurement included. */
      readonly durationMs: number;
      readonly again?: MeasuredAgain;
    }
  | { readonly kind: "ended"; readonly id: string; readonly end: NotRun<Tree>; readonly durationMs: number };

type NotRun<Tree> = Exclude<ActionEnd<Tree>, { kind: "ran" }>;

/** An action that did its work, under its name in the step. */
interface Done<Tree> {
  readonly name: string;
  readonly id: string;
  readonly result: ActionResult<Tree>;
  readonly first?: ActionResult<Tree>;
}

type DoneTwice<Tree> = Done<Tree> & Required<Pick<Done<Tree>, "first">>;

/** What did its work, and the first in the order of the actions that did not. */
interface Ends<Tree> {
  readonly done: readonly Done<Tree>[];
  readonly ended?: { readonly id: string; readonly end: NotRun<Tree> };
}

/** `actions`: name in the step → id. Rejects for cancellation and for broken machines. */
export async function measure<Tree>(
  actions: Readonly<Record<string, string>>,
  how: Measuring<Tree>,
): Promise<Measured<Tree>> {
  const { walk } = how;
  const { done, ended } = await endsOf(Object.entries(actions), (id) => walk.demand(id));
  // An action that did not end in its time has been run again before anybody could read it.
  const late = done.filter(ranTwice);
  for (const { name, first } of late) await collect(how, `${FIRST}/${name}`, first);
  const results: Record<string, JudgedAction> = {};
  for (const { name, result } of done) results[name] = await collect(how, name, result);
  if (ended !== undefined) return { kind: "ended", ...ended, ...timesOf(done) };
  const judgement = how.judge(results);
  const slow = how.believes(judgement) ? [] : tooSlow(judgement).filter((name) => !late.some((l) => l.name === name));
  const timedOut = late.map(({ id, first }) => `${id}: ${describeExit(first.status)}`);
  if (slow.length === 0) return judged(judgement, done, late, timedOut.join("; "));

  const again = await endsOf(
    slow.map((name) => [name, actions[name] ?? ""] as const),
    (id) => walk.again(id),
  );
  if (again.ended !== undefined) return { kind: "ended", ...again.ended, ...timesOf(done) };
  await keepFirst(how, slow, judgement);
  for (const { name, result } of again.done) results[name] = await collect(how, name, result);
  const others = done.filter(({ name }) => !slow.includes(name));
  const said = [judgement.reason ?? "it was red", ...timedOut].join("; ");
  return judged(how.judge(results), [...others, ...again.done], [...late, ...again.done], said);
}

/** Names of the actions whose elapsed time alone made the judgement what it is; none where anything else did as well. */
export function tooSlow({ findings }: Judgement): string[] {
  const names = findings.map((finding) => finding.tooSlow);
  return names.includes(undefined) ? [] : [...new Set(names.filter((name) => name !== undefined))];
}

function judged<Tree>(
  judgement: Judgement,
  done: readonly Done<Tree>[],
  again: readonly Done<Tree>[],
  first: string,
): Measured<Tree> {
  const all = { kind: "judged", judgement, ...timesOf(done) } as const;
  return again.length === 0 ? all : { ...all, again: { actions: again.map((action) => action.name), first } };
}

function timesOf<Tree>(done: readonly Done<Tree>[]): { readonly cached: boolean; readonly durationMs: number } {
  const ran = done
    .flatMap(({ result, first }) => (first === undefined ? [result] : [first, result]))
    .filter((result) => !result.cached);
  return { cached: ran.length === 0, durationMs: ran.reduce((sum, result) => sum + result.durationMs, 0) };
}

async function endsOf<Tree>(
  actions: readonly (readonly [name: string, id: string])[],
  get: (id: string) => Promise<ActionEnd<Tree>>,
): Promise<Ends<Tree>> {
  const ends = await Promise.all(actions.map(async ([name, id]) => ({ name, id, end: await get(id) })));
  const done = ends.flatMap(({ name, id, end }) => (end.kind === "ran" ? [{ ...end, name, id }] : []));
  for (const { id, end } of ends) if (end.kind !== "ran") return { done, ended: { id, end } };
  return { done };
}

function ranTwice<Tree>(action: Done<Tree>): action is DoneTwice<Tree> {
  return action.first !== undefined;
}

function collect<Tree>(
  { executor, evidence, folder }: Measuring<Tree>,
  name: string,
  result: ActionResult<Tree>,
): Promise<JudgedAction> {
  return collectAction(executor, result, evidence, `${folder}/${name}`);
}

/** Moves what the actions left first, and writes down what was said of it. */
async function keepFirst<Tree>(
  { evidence, folder }: Measuring<Tree>,
  names: readonly string[],
  judgement: Judgement,
): Promise<void> {
  for (const name of names) {
    const target = join(evidence, folder, FIRST, name);
    await mkdir(dirname(target), { recursive: true });
    await rename(join(evidence, folder, name), target);
  }
  const text = `${JSON.stringify(judgement, null, 2)}\n`;
  await writeFile(join(evidence, folder, FIRST, "judgement.json"), text);
}
