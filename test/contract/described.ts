/**
 * The work that a stand-in engine would have done, as text for golden files: figures that a reviewer sees change. Exports and requests are not
 * among them, since what is fetched together depends on what is ready at the same time; tests bound them.
 */
import { ANSWERS } from "../../dagger/git-script.ts";
import { forcedExecs } from "./cost.ts";
import type { Engine } from "./engine.ts";
import { type Work, worksIn } from "./exporting.ts";

/** How many commands, then each kind of them. `since`: recipes that the engine had kept. */
export function described(engine: Engine, since: ReadonlySet<string> = new Set()): string {
  const execs = [...forcedExecs(engine)].filter(([recipe]) => !since.has(recipe)).map(([, args]) => kindOf(args));
  const kinds = [...new Set(execs)].sort().map((kind) => `  ${execs.filter((e) => e === kind).length} ${kind}`);
  return [`${execs.length} execs`, ...kinds, ""].join("\n");
}

function kindOf(args: readonly string[]): string {
  const whole = args.join(" ");
  const works = worksIn([{ field: "withExec", args: { args } }]);
  const [work] = works;
  if (work !== undefined)
    return works.length === 1 ? `action: ${toolOf(work)}` : `${works.length} proofs: ${toolOf(work)}`;
  if (whole.includes(ANSWERS)) return "git: all questions at once";
  if (whole.includes("apk add")) return "git: installed where the image has none";
  if (whole.includes('"$uv" venv')) return "environment of a lock";
  if (whole.includes("/opt/uv")) return "uv";
  return whole.slice(0, 60);
}

/** The first words of a command: its program and what it is started with. */
function toolOf({ argv }: Work): string {
  return argv
    .slice(0, 3)
    .map((word) => word.replace(/^.*\//, ""))
    .join(" ");
}
