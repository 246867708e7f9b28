/**
 * same-plan.mjs FILE FILE…: whether all these files name one plan. Each is a `plan.json` (`digest`) or a `verdict.json` (`plan`).
 * Exit status: 0 one plan, 1 different plans, 2 a file that cannot be read or names none.
 */
import { readFileSync } from "node:fs";

const files = process.argv.slice(2);
if (files.length < 2) {
  console.error("usage: same-plan.mjs FILE FILE…");
  process.exit(2);
}

const found = files.map((file) => {
  try {
    const json = JSON.parse(readFileSync(file, "utf8"));
    const digest = json.digest ?? json.plan;
    if (/^sha256:[0-9a-f]{64}$/.test(digest)) return { file, digest };
    return { file, problem: "holds no plan digest" };
  } catch (error) {
    return { file, problem: error instanceof Error ? error.message : String(error) };
  }
});

const broken = found.filter((f) => f.problem !== undefined);
for (const { file, problem } of broken) console.error(`${file}: ${problem}`);
if (broken.length > 0) process.exit(2);
for (const { file, digest } of found) console.log(`${digest}  ${file}`);
const plans = new Set(found.map((f) => f.digest));
console.log(plans.size === 1 ? "one plan" : `${plans.size} different plans: compare the files named above`);
process.exit(plans.size === 1 ? 0 : 1);
