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
import type { ActionEnd, Walk } from "./walk.ts";

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

/** `ended`: an action did not do its work, so that there is nothing to judge. */
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
  | { readonly kind: "ended"; readonly id: string; readonly end: NotRun<Tree> };

type NotRun<Tree> = Exclude<ActionEnd<Tree>, { kind: "ran" }>;

/** An action that did its work, under its name in the step. */
interface Done<Tree> {
  readonly name: string;
  readonly id: string;
  readonly result: ActionResult<Tree>;
  readonly first?: ActionResult<Tree>;
}

/** `actions`: name in the step → id. Rejects for cancellation and for broken machines. */
export async function measure<Tree>(
  actions: Readonly<Record<string, string>>,
  how: Measuring<Tree>,
): Promise<Measured<Tree>> {
  const { walk } = how;
  const once = await allDone(Object.entries(actions), (id) => walk.demand(id));
  if (!Array.isArray(once)) return once;
  // An action that did not end in its time has been run again before anybody could read it.
  const late = once.filter((action) => action.first !== undefined);
  for (const { name, first } of late) if (first !== undefined) await collect(how, `${FIRST}/${name}`, first);
  const results: Record<string, JudgedAction> = {};
  for (const { name, result } of once) results[name] = await collect(how, name, result);
  const judgement = how.judge(results);
  const slow = how.believes(judgement) ? [] : tooSlow(judgement).filter((name) => !late.some((l) => l.name === name));
  const timedOut = late.map(({ id, first }) => (first === undefined ? "" : `${id}: ${describeExit(first.status)}`));
  if (slow.length === 0) return judged(judgement, once, late, timedOut.join("; "));

  const twice = await allDone(
    slow.map((name) => [name, actions[name] ?? ""] as const),
    (id) => walk.again(id),
  );
  if (!Array.isArray(twice)) return twice;
  await keepFirst(how, slow, judgement);
  for (const { name, result } of twice) results[name] = await collect(how, name, result);
  const said = [judgement.reason ?? "it was red", ...timedOut].join("; ");
  const rest = once.filter(({ name }) => !slow.includes(name));
  return judged(how.judge(results), [...rest, ...twice], [...late, ...twice], said);
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
  const attempts = done.flatMap(({ result, first: before }) => (before === undefined ? [result] : [before, result]));
  const ran = attempts.filter((attempt) => !attempt.cached);
  const all = {
    kind: "judged",
    judgement,
    cached: done.length > 0 && ran.length === 0,
    durationMs: ran.reduce((sum, attempt) => sum + attempt.durationMs, 0),
  } as const;
  return again.length === 0 ? all : { ...all, again: { actions: again.map((action) => action.name), first } };
}

/** All of the actions, or the first in their order that did not do its work. */
async function allDone<Tree>(
  actions: readonly (readonly [name: string, id: string])[],
  get: (id: string) => Promise<ActionEnd<Tree>>,
): Promise<Done<Tree>[] | Extract<Measured<Tree>, { kind: "ended" }>> {
  const ends = await Promise.all(actions.map(async ([name, id]) => ({ name, id, end: await get(id) })));
  const done: Done<Tree>[] = [];
  for (const { name, id, end } of ends) {
    if (end.kind !== "ran") return { kind: "ended", id, end };
    done.push({ ...end, name, id });
  }
  return done;
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
