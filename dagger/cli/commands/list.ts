/** `list`: every step with its title, requirements and tripwires. Needs no application. */
import { EXIT } from "../../../src/errors.ts";
import { columns } from "../../../src/evidence/columns.ts";
import type { Step } from "../../../src/steps/step.ts";
import type { Io } from "../io.ts";
import { printOut } from "../io.ts";
import type { RawOptions } from "../options.ts";

export async function list(io: Io, raw: Pick<RawOptions, "json">): Promise<number> {
  const { steps } = await io.session();
  printOut(io, raw.json === true ? JSON.stringify(steps.map(described), null, 2) : table(steps));
  return EXIT.passed;
}

/** The form of `list --json`: an array of these. */
function described(step: Step): object {
  return {
    id: step.id,
    title: step.title,
    requirements: step.requirements,
    goals: step.goals,
    needs: step.needs,
    perPython: step.perPython,
    tripwires: step.tripwires.map(({ id, title, scope }) => ({ id, title, scope })),
  };
}

function table(steps: readonly Step[]): string {
  const rows = steps.map((s) => [s.id, s.title, s.requirements.join(", "), s.tripwires.map((t) => t.id).join(", ")]);
  return columns([["step", "title", "requirements", "tripwires"], ...rows]).join("\n");
}
