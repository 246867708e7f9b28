import { describe, expect, it } from "vitest";
import { PipelineError } from "../../src/errors.ts";
import type { Executor, Work } from "../../src/exec/executor.ts";
import { type Answer, RecordExecutor, type RecordTree } from "../../src/exec/record-executor.ts";
import type { Plan } from "../../src/plan/plan.ts";
import { groupsOf } from "../../src/plan/together.ts";
import { Walk } from "../../src/plan/walk.ts";
import { action, badFile, made, output, recordingLog, stillClock, toyStep } from "./fakes.ts";

const tripwires = ["one", "two", "three"].map((id) => ({ ...badFile, id }));

/** A build and a run, as a step with packages has them. */
const building = toyStep({
  tripwires,
  actions: ({ prefix, app }) => [
    action(`${prefix}/build`, { app: app(["**"]) }),
    action(`${prefix}/run`, { built: output(`${prefix}/build`) }),
  ],
});

function groupsIn(plan: Plan): string[][] {
  const groups = groupsOf(plan);
  const distinct = [...new Set(groups.values())];
  for (const ids of distinct) for (const id of ids) expect(groups.get(id)).toBe(ids);
  return distinct.map((ids) => [...ids]);
}

describe("actions that may be run together", () => {
  it("are those that do the same in the proofs of one step, and not the step's own", () => {
    expect(groupsIn(made([building]).plan)).toEqual([
      ["toy/proof/one/build", "toy/proof/two/build", "toy/proof/three/build"],
      ["toy/proof/one/run", "toy/proof/two/run", "toy/proof/three/run"],
    ]);
  });

  it("are the same whatever else a run selects", () => {
    const other = { ...building, id: "other" };
    const alone = groupsIn(made([building, other], { only: ["toy"] }).plan);
    expect(groupsIn(made([building, other]).plan)).toEqual(expect.arrayContaining(alone));
  });

  it("are of one scope, since a change of the application touches only those over its own tree", () => {
    const tool = {
      ...badFile,
      scope: "tool-only" as const,
      base: { kind: "bundled" as const, path: "src/steps/toy/app" },
    };
    const mixed = toyStep({ tripwires: [...tripwires, { ...tool, id: "four" }, { ...tool, id: "five" }] });
    expect(groupsIn(made([mixed]).plan).map((ids) => ids.length)).toEqual([3, 2]);
  });

  it.each([
    ["has the network", { network: true }],
    ["wants the machine to itself", { exclusive: true }],
    ["is never cached", { cache: "never" as const }],
    ["gets a secret", { secrets: { TOKEN: "token" } }],
  ])("are none that %s", (_, more) => {
    const step = toyStep({ tripwires, actions: ({ prefix }) => [action(`${prefix}/run`, {}, more)] });
    expect(groupsIn(made([step]).plan)).toEqual([]);
  });
});

/** Writes down what it was given at once. */
function together(answer: (id: string) => Answer | PipelineError = () => ({})) {
  const record = new RecordExecutor((of, trees) => {
    // Asked whether it refuses, there are no trees yet.
    const said = trees === undefined ? {} : answer(of.id);
    if (said instanceof PipelineError) throw said;
    return said;
  });
  const batches: string[][] = [];
  const runTogether: NonNullable<Executor<RecordTree>["runTogether"]> = async (works, options) => {
    batches.push(works.map((w) => w.action.id));
    const release = await options.admit();
    try {
      return await Promise.all(works.map((work) => one(record, work, options)));
    } finally {
      release();
    }
  };
  const executor: Executor<RecordTree> = {
    where: "record",
    runTogether,
    refuses: (of) => record.refuses(of),
    tree: (ref) => record.tree(ref),
    overlay: (lower, upper) => record.overlay(lower, upper),
    export: (tree, folder) => record.export(tree, folder),
    import: (folder) => record.import(folder),
    run: (of, trees, options) => record.run(of, trees, options),
  };
  return { executor, record, batches };
}

function one(
  record: RecordExecutor,
  { action: of, trees, onLine }: Work<RecordTree>,
  options: { signal: AbortSignal },
) {
  return record.run(of, trees, { ...options, onLine, admit: async () => () => undefined }).catch((error: unknown) => {
    if (error instanceof PipelineError) return error;
    throw error;
  });
}

function walkOf(executor: Executor<RecordTree>, log = recordingLog()) {
  const { plan } = made([building]);
  const options = { jobs: 1, clock: stillClock(), log, signal: new AbortController().signal };
  return { walk: new Walk(plan.actions, executor, options, groupsOf(plan)), plan, log };
}

const lost = new PipelineError("ENVIRONMENT_FAILED", "no such package");

describe("a walk over an executor that runs several at once", () => {
  it("gives it a group when the first of it is asked for, after what they read", async () => {
    const { executor, record, batches } = together();
    const { walk } = walkOf(executor);
    expect(await walk.demand("toy/proof/two/run")).toMatchObject({ kind: "ran" });
    expect(batches).toEqual([
      ["toy/proof/one/build", "toy/proof/two/build", "toy/proof/three/build"],
      ["toy/proof/one/run", "toy/proof/two/run", "toy/proof/three/run"],
    ]);
    await walk.demand("toy/proof/one/run");
    expect(record.ran).toHaveLength(6);
  });

  it("runs each by itself where the executor gains nothing by it", async () => {
    const record = new RecordExecutor();
    const { walk } = walkOf(record);
    await walk.demand("toy/proof/two/run");
    expect(record.ran.map((r) => r.action.id)).toEqual(["toy/proof/two/build", "toy/proof/two/run"]);
  });

  it("leaves out of a group what cannot run, and gives each its own end", async () => {
    const { executor, batches } = together((id) => {
      if (id === "toy/proof/one/build") return { status: { kind: "exited", code: 1 } };
      return id === "toy/proof/two/build" ? lost : {};
    });
    const { walk } = walkOf(executor);
    const ends = await Promise.all(["one", "two", "three"].map((id) => walk.demand(`toy/proof/${id}/run`)));
    expect(ends).toMatchObject([
      { kind: "not-run", because: "toy/proof/one/build" },
      { kind: "not-run", because: "toy/proof/two/build", end: { kind: "broken", error: lost } },
      { kind: "ran" },
    ]);
    // What is left of the group is one action, which is run as one.
    expect(batches).toHaveLength(1);
  });

  it("ends with the machine's failure for all of a group", async () => {
    const broken = new PipelineError("MACHINE_FAILED", "no space left");
    const { executor } = together((id) => (id === "toy/proof/two/build" ? broken : {}));
    const { walk } = walkOf(executor);
    await expect(walk.demand("toy/proof/three/build")).rejects.toBe(broken);
  });

  it("runs one that did not end in its time again, alone", async () => {
    let times = 0;
    const { executor, record } = together((id) => {
      if (id !== "toy/proof/two/build" || times++ > 0) return {};
      return { status: { kind: "timed-out", afterSeconds: 60 } };
    });
    const { walk, log } = walkOf(executor);
    expect(await walk.demand("toy/proof/two/build")).toMatchObject({
      kind: "ran",
      result: { status: { kind: "exited" } },
      first: { status: { kind: "timed-out" } },
    });
    expect(record.ran.at(-1)?.action.id).toBe("toy/proof/two/build");
    expect(log.events.filter((e) => e.type === "action-again")).toHaveLength(1);
  });

  it("tells of the start and the end of each", async () => {
    const { executor } = together();
    const { walk, log } = walkOf(executor);
    await walk.demand("toy/proof/one/build");
    for (const type of ["action-started", "action-finished"])
      expect(log.events.filter((e) => e.type === type)).toHaveLength(3);
  });
});
