/**
 * npm run bench -- [--json FILE] [CASE…]: measures the cases (default: all), prints a table, and writes the figures as JSON.
 * Figures that belong together come from one run on one machine; compare ratios, not seconds of different machines.
 */
import { writeFileSync } from "node:fs";
import { availableParallelism, cpus, platform, release } from "node:os";
import { parseArgs } from "node:util";
import { cold } from "./cases/cold.ts";
import { overhead } from "./cases/overhead.ts";
import { perf } from "./cases/perf.ts";
import { planning } from "./cases/planning.ts";
import { start } from "./cases/start.ts";
import { warm } from "./cases/warm.ts";
import { type Figure, table } from "./figures.ts";

const cases: Readonly<Record<string, () => Promise<Figure[]>>> = { planning, overhead, start, warm, cold, perf };

const { values, positionals } = parseArgs({ allowPositionals: true, options: { json: { type: "string" } } });
const chosen = positionals.length === 0 ? Object.keys(cases) : positionals;
const unknown = chosen.filter((name) => !(name in cases));
if (unknown.length > 0) {
  console.error(`no such case: ${unknown.join(", ")}; there are ${Object.keys(cases).join(", ")}`);
  process.exit(2);
}

const machine = {
  node: process.version,
  platform: `${platform()} ${release()}`,
  cores: availableParallelism(),
  cpu: cpus()[0]?.model ?? "unknown",
};
console.log(`Node ${machine.node}, ${machine.platform}, ${machine.cores} cores (${machine.cpu})`);
const measured: Record<string, Figure[]> = {};
for (const name of chosen) {
  const run = cases[name];
  if (run === undefined) continue;
  measured[name] = await run();
  console.log(`\n## ${name}\n\n${table(measured[name])}`);
}
if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify({ machine, measured }, null, 2)}\n`);
