/** Making a plan of 1,000 actions: a pure function, so it is timed in this process. */
import { makePlan } from "../../../src/plan/make-plan.ts";
import { type Figure, median } from "../figures.ts";
import { type Shape, syntheticInput } from "../synthetic.ts";

const ROUNDS = 10;
const FILES = 2000;

const shapes: readonly { readonly name: string; readonly shape: Omit<Shape, "files"> }[] = [
  { name: "as checks have them, 9 of 10 in proofs", shape: { steps: 100, actions: 1, tripwires: 9, chained: false } },
  { name: "independent", shape: { steps: 1, actions: 1000, tripwires: 0, chained: false } },
  { name: "in one chain", shape: { steps: 1, actions: 1000, tripwires: 0, chained: true } },
];

export async function planning(): Promise<Figure[]> {
  return shapes.flatMap(({ name, shape }) => {
    const times = Array.from({ length: ROUNDS }, () => {
      const input = syntheticInput({ ...shape, files: FILES });
      const from = performance.now();
      const { plan } = makePlan(input);
      const took = (performance.now() - from) / 1000;
      if (plan.actions.length !== 1000) throw new Error(`${plan.actions.length} actions were planned`);
      return took;
    });
    return [
      {
        name: `planning 1,000 actions, ${name}`,
        value: median(times),
        unit: "s",
        goal: 0.2,
        how: `${FILES} files, median of ${ROUNDS}`,
      },
      {
        name: `the same, first of ${ROUNDS}`,
        value: times[0] ?? Number.NaN,
        unit: "s",
        how: "before the JIT knows it",
      },
    ];
  });
}
