/**
 * Walks the action graph on demand: an action runs once, when a step first asks for it, after what it reads.
 * It turns references into the executor's trees and machine limits into values; it judges nothing.
 */
import { setMaxListeners } from "node:events";
import { PipelineError } from "../errors.ts";
import type { RunEvent } from "../evidence/events.ts";
import type { Action, Ref } from "../exec/action.ts";
import { dependencies } from "../exec/action.ts";
import type { ActionResult, Executor, Refusal, ResolvedTrees, TogetherOptions } from "../exec/executor.ts";
import type { Clock, Log } from "../ports.ts";
import { type ActionEnd, endOfError } from "./action-end.ts";
import { ranks } from "./order.ts";
import { Semaphore } from "./semaphore.ts";
import type { Groups } from "./together.ts";

export interface WalkOptions {
  readonly jobs: number;
  readonly clock: Clock;
  readonly log: Log;
  readonly signal: AbortSignal;
}

/** An action that could start now. */
interface Ready<Tree> {
  readonly action: Action;
  readonly trees: ResolvedTrees<Tree>;
}

type EventBody = RunEvent extends infer E ? (E extends RunEvent ? Omit<E, "at"> : never) : never;

export class Walk<Tree> {
  readonly #executor: Executor<Tree>;
  readonly #options: WalkOptions;
  readonly #actions: ReadonlyMap<string, Action>;
  readonly #groups: Groups;
  readonly #ranks: ReadonlyMap<string, number>;
  readonly #places: Semaphore;
  /** Bounds what is prepared or runs: as many again as may run, so that environments are built while others run, the most urgent ones first. */
  readonly #preparing: Semaphore;
  /** Shared actions are asked about once, however many steps read them. */
  readonly #refusals = new Map<string, Promise<Refusal | undefined>>();
  readonly #ends = new Map<string, Promise<ActionEnd<Tree>>>();
  readonly #again = new Map<string, Promise<ActionEnd<Tree>>>();
  readonly #trees = new Map<string, Promise<Tree>>();

  /** `groups`: what is asked for together, for an executor that can run it together. */
  constructor(
    actions: readonly Action[],
    executor: Executor<Tree>,
    options: WalkOptions,
    groups: Groups = new Map<string, never>(),
  ) {
    this.#groups = executor.runTogether === undefined ? new Map<string, never>() : groups;
    this.#executor = executor;
    this.#options = options;
    this.#actions = new Map(actions.map((a) => [a.id, a]));
    this.#ranks = ranks(actions);
    // Each running action listens to the same signal; that many listeners are no leak.
    setMaxListeners(0, options.signal);
    this.#places = new Semaphore(options.jobs);
    this.#preparing = new Semaphore(executor.ahead ?? options.jobs * 2);
  }

  action(id: string): Action {
    const action = this.#actions.get(id);
    if (action === undefined) throw new PipelineError("PLAN_INVALID", `the plan has no action ${id}`);
    return action;
  }

  /**
   * The end of an action, which runs once, and once more where it did not end in its time: that says as much of the machine as of the action.
   * Rejects for cancellation and for broken machines.
   */
  demand(id: string): Promise<ActionEnd<Tree>> {
    const known = this.#ends.get(id);
    if (known !== undefined) return known;
    const ids = this.#groups.get(id) ?? [id];
    const ends = this.#performInTime(ids.map((each) => this.action(each)));
    for (const [index, end] of ends.entries()) {
      end.catch(() => undefined);
      this.#ends.set(ids[index] ?? "", end);
    }
    return this.demand(id);
  }

  /**
   * Runs an action again, whatever a cache holds, alone on the machine: for a red that a busy machine may have caused. From then on its end is this
   * one. Once, however many ask, and not where that was done already. What read the first result is not run again.
   */
  again(id: string): Promise<ActionEnd<Tree>> {
    let end = this.#again.get(id);
    if (end === undefined) {
      end = this.demand(id).then((before) =>
        before.kind === "ran" && before.first === undefined
          ? this.#performAgain(this.action(id), before.result)
          : before,
      );
      end.catch(() => undefined);
      this.#again.set(id, end);
      this.#ends.set(id, end);
    }
    return end;
  }

  /** Resolves when nothing that was demanded is under way any more, however it ended: no process, no work folder is left then. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.#ends.values());
  }

  /** A refusal of the action or of anything it reads, asked before anything runs: half a step's work is wasted work. */
  refusal(id: string): Promise<Refusal | undefined> {
    let refusal = this.#refusals.get(id);
    if (refusal === undefined) {
      refusal = this.#findRefusal(this.action(id));
      this.#refusals.set(id, refusal);
    }
    return refusal;
  }

  async #findRefusal(action: Action): Promise<Refusal | undefined> {
    const own = await this.#executor.refuses(action);
    if (own !== undefined) return own;
    for (const needed of dependencies(action)) {
      const refusal = await this.refusal(needed);
      if (refusal !== undefined) return refusal;
    }
    return undefined;
  }

  /** The trees that an action reads, once everything before it has run; or the end that keeps it from running. */
  async resolve(action: Action): Promise<{ trees: ResolvedTrees<Tree> } | { end: ActionEnd<Tree> }> {
    for (const end of await Promise.all(dependencies(action).map(async (id) => ({ id, end: await this.demand(id) })))) {
      if (end.end.kind !== "ran")
        return { end: end.end.kind === "not-run" ? end.end : { kind: "not-run", because: end.id, end: end.end } };
      const { status } = end.end.result;
      if (status.kind !== "exited" || status.code !== 0)
        return { end: { kind: "not-run", because: end.id, end: end.end } };
    }
    const inputs = await this.#all(action.inputs, (ref) => this.#tree(ref));
    const environments = await this.#all(action.toolchain.environments, async (e) => {
      const lock = await this.#tree(e.lock);
      return e.project === undefined ? { lock } : { lock, project: await this.#tree(e.project) };
    });
    return { trees: { inputs, environments } };
  }

  /** The ends of actions that are run together; one that does not come so far keeps none of the others. */
  #performInTime(actions: readonly Action[]): Promise<ActionEnd<Tree>>[] {
    const ready = actions.map((action) => this.#readied(action));
    const ran = Promise.all(ready).then((all) => this.#run(all.filter((one) => "trees" in one)));
    ran.catch(() => undefined);
    return actions.map(async (action, index) => {
      const one = await ready[index];
      if (one !== undefined && "end" in one) return one.end;
      const end = (await ran).get(action.id);
      if (end === undefined) throw new Error(`${action.id} was run and has no end`);
      return end.kind === "ran" && end.result.status.kind === "timed-out"
        ? this.#performAgain(action, end.result)
        : end;
    });
  }

  async #performAgain(action: Action, first: ActionResult<Tree>): Promise<ActionEnd<Tree>> {
    const resolved = await this.resolve(action);
    if ("end" in resolved) return resolved.end;
    this.#emit({ type: "action-again", action: action.id });
    const end = (await this.#run([{ action, trees: resolved.trees }], true)).get(action.id);
    if (end === undefined) throw new Error(`${action.id} was run again and has no end`);
    return end.kind === "ran" ? { ...end, first } : end;
  }

  /** An action with the trees that it reads, or the end that keeps it from running. */
  async #readied(action: Action): Promise<Ready<Tree> | { readonly end: ActionEnd<Tree> }> {
    const refusal = await this.#executor.refuses(action);
    if (refusal !== undefined) {
      this.#emit({ type: "action-refused", action: action.id, reason: refusal.reason });
      return { end: { kind: "refused", refusal } };
    }
    const resolved = await this.resolve(action);
    if ("trees" in resolved) return { action, trees: resolved.trees };
    const because = resolved.end.kind === "not-run" ? resolved.end.because : action.id;
    this.#emit({ type: "action-not-run", action: action.id, reason: `${because} did not succeed` });
    return resolved;
  }

  /** Their ends by id. */
  async #run(works: readonly Ready<Tree>[], fresh = false): Promise<ReadonlyMap<string, ActionEnd<Tree>>> {
    const ends = new Map<string, ActionEnd<Tree>>();
    if (works.length === 0) return ends;
    const rank = Math.max(...works.map(({ action }) => this.#ranks.get(action.id) ?? 0));
    const alone = fresh || works.some(({ action }) => action.exclusive);
    const { signal } = this.#options;
    const prepared = await this.#preparing.acquire(rank, false, signal);
    let release = (): void => undefined;
    const admit = async () => {
      release = await this.#places.acquire(rank, alone, signal);
      for (const { action } of works) this.#emit({ type: "action-started", action: action.id });
      return release;
    };
    try {
      const outcomes = await this.#execute(works, { signal, fresh, admit });
      for (const [index, { action }] of works.entries()) {
        const outcome = outcomes[index];
        if (outcome instanceof PipelineError) ends.set(action.id, this.#failed(action, outcome));
        else if (outcome !== undefined) ends.set(action.id, this.#ended(action, outcome));
      }
      return ends;
    } finally {
      release();
      prepared();
    }
  }

  async #execute(works: readonly Ready<Tree>[], options: TogetherOptions) {
    const listening = works.map((work) => ({
      ...work,
      onLine: (stream: "stdout" | "stderr", line: string) =>
        this.#emit({ type: "action-output", action: work.action.id, stream, line }),
    }));
    const [first] = listening;
    if (first === undefined || (listening.length > 1 && this.#executor.runTogether !== undefined))
      return (await this.#executor.runTogether?.(listening, options)) ?? [];
    const { action, trees, onLine } = first;
    return [
      await this.#executor.run(action, trees, { ...options, onLine }).catch((error: unknown) => {
        if (error instanceof PipelineError) return error;
        throw error;
      }),
    ];
  }

  #ended(action: Action, result: ActionResult<Tree>): ActionEnd<Tree> {
    const { status, cached, durationMs, enforced, toolchain } = result;
    this.#emit({ type: "action-finished", action: action.id, status, cached, durationMs, enforced, toolchain });
    return { kind: "ran", result };
  }

  #failed(action: Action, error: PipelineError): ActionEnd<Tree> {
    const end = endOfError<Tree>(error);
    if (end.kind === "refused") this.#emit({ type: "action-refused", action: action.id, reason: end.refusal.reason });
    else this.#emit({ type: "action-not-run", action: action.id, reason: error.message });
    return end;
  }

  #tree(ref: Ref): Promise<Tree> {
    // Another order of keys would be another key, and the tree made twice: never a wrong one.
    const key = JSON.stringify(ref);
    let tree = this.#trees.get(key);
    if (tree === undefined) {
      tree = this.#makeTree(ref);
      tree.catch(() => undefined);
      this.#trees.set(key, tree);
    }
    return tree;
  }

  async #makeTree(ref: Ref): Promise<Tree> {
    if (ref.kind === "overlay") return this.#executor.overlay(await this.#tree(ref.lower), await this.#tree(ref.upper));
    if (ref.kind !== "output") return this.#executor.tree(ref);
    const end = await this.demand(ref.action);
    const tree = end.kind === "ran" ? end.result.outputs[ref.output] : undefined;
    if (tree === undefined) throw new PipelineError("PLAN_INVALID", `${ref.action} has no output ${ref.output}`);
    return tree;
  }

  async #all<A, B>(record: Readonly<Record<string, A>>, map: (value: A) => Promise<B>): Promise<Record<string, B>> {
    return Object.fromEntries(
      await Promise.all(Object.entries(record).map(async ([name, value]) => [name, await map(value)] as const)),
    );
  }

  #emit(event: EventBody): void {
    this.#options.log.emit({ ...event, at: this.#options.clock.now().toISOString() } as RunEvent);
  }
}
