/**
 * The work that a stand-in engine would have done, as text for golden files: figures that a reviewer sees change. Exports and requests are not
 * among them, since what is fetched together depends on what is ready at the same time; tests bound them.
 */
import { ANSWERS } from "../../dagger/git-script.ts";
import { CONTAIN } from "../../dagger/layout.ts";
import { forcedExecs } from "./cost.ts";
import type { Engine } from "./engine.ts";

/** How many commands, then each kind of them. `since`: recipes that the engine had kept. */
export function described(engine: Engine, since: ReadonlySet<string> = new Set()): string {
  const execs = [...forcedExecs(engine)].filter(([recipe]) => !since.has(recipe)).map(([, args]) => kindOf(args));
  const kinds = [...new Set(execs)].sort().map((kind) => `  ${execs.filter((e) => e === kind).length} ${kind}`);
  return [`${execs.length} execs`, ...kinds, ""].join("\n");
}

function kindOf(args: readonly string[]): string {
  const whole = args.join(" ");
  if (args.includes(CONTAIN)) return `action: ${toolOf(args.at(-1) ?? "")}`;
  if (whole.includes(ANSWERS)) return "git: all questions at once";
  if (whole.includes("apk add")) return "git: installed where the image has none";
  if (whole.includes("uv venv") || whole.includes('"$uv" venv')) return "environment of a lock";
  if (whole.includes("/opt/uv")) return "uv";
  return whole.slice(0, 60);
}

/** The first words of a command: its program and what it is started with. */
function toolOf(work: string): string {
  const { argv } = JSON.parse(work) as { argv: string[] };
  return argv
    .slice(0, 3)
    .map((word) => word.replace(/^.*\//, ""))
    .join(" ");
}
