/** A run again: with nothing changed, and with one source file changed, with and without proofs. */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { check, copyApp } from "../app.ts";
import { type Figure, median } from "../figures.ts";
import { inTemporaryFolder } from "../machine.ts";

const ROUNDS = 5;

export async function warm(): Promise<Figure[]> {
  return inTemporaryFolder(async (folder) => {
    const app = path.join(folder, "app");
    const config = await copyApp(app);
    let number = 0;
    const run = (...options: string[]) => {
      number += 1;
      return check(app, path.join(folder, "store"), path.join(folder, `evidence-${number}`), ...options);
    };
    const first = run();
    const rounds = Array.from({ length: ROUNDS }, (_, i) => i);
    const unchanged = rounds.map(() => run());
    const notCached = unchanged.flatMap((r) => r.verdict.steps.filter((s) => s.outcome === "passed" && !s.cached));
    if (notCached.length > 0)
      throw new Error(`with nothing changed these ran again: ${notCached.map((s) => s.id).join()}`);
    const unproved = rounds.map(() => run("--no-prove"));
    const source = aSourceFile(app, config.checks.lint.paths);
    const before = readFileSync(source, "utf8");
    const changed = rounds.map((i) => {
      // Two blank lines, so that the formatter has nothing to say.
      writeFileSync(source, `${before}\n\n# Changed ${i}.\n`);
      return run();
    });
    const seconds = (runs: readonly { wall: number }[]) => median(runs.map((r) => r.wall));
    const how = `median of ${ROUNDS}`;
    return [
      { name: "first run (cold)", value: first.wall, unit: "s", how: "once" },
      { name: "warm, nothing changed", value: seconds(unchanged), unit: "s", goal: 1, how },
      { name: "warm, nothing changed, --no-prove", value: seconds(unproved), unit: "s", how },
      {
        name: "what proving adds to a warm run",
        value: seconds(unchanged) - seconds(unproved),
        unit: "s",
        how: "difference of the medians",
      },
      {
        name: "one source file changed",
        value: seconds(changed),
        unit: "s",
        how: `${how}; a comment line more in ${path.relative(app, source)}`,
      },
      { name: "one source file changed / cold", value: seconds(changed) / first.wall, unit: "×", how: "same run" },
    ];
  });
}

/** The alphabetically last module: any will do, but it must be the same one each time. */
function aSourceFile(app: string, paths: readonly string[]): string {
  const [folder = "."] = paths;
  const files = readdirSync(path.join(app, folder), { recursive: true, encoding: "utf8" }).filter((f) =>
    f.endsWith(".py"),
  );
  const last = files.sort().at(-1);
  if (last === undefined) throw new Error(`there is no Python file in ${folder}`);
  return path.join(app, folder, last);
}
