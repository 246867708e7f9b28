/**
 * Runs every case of test/steps/recorded.ts with the real tools and keeps what they left under fixtures/tool-output.
 *   npx tsx scripts/record-tool-output.ts [CASE…]
 * Needs the package index, and Python of the recorded version on PATH.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { BenchExecutor, filesBelow } from "../test/steps/bench-executor.ts";
import { appOf, CASES, configOf, RECORDED_PYTHON } from "../test/steps/recorded.ts";
import { planFor, writeFiles } from "../test/steps/small-app.ts";

/** Records must not tell where they were made. */
const withoutPlace = (text: string): string => text.replaceAll(/\/[^\s"']*voicekey-steps-\w+/g, "/scratch");
const scrubbed = (file: string): string => withoutPlace(readFileSync(file, "utf8"));

const wanted = process.argv.slice(2);
const executor = await BenchExecutor.open();
try {
  if (executor.python !== RECORDED_PYTHON) throw new Error(`the records are of Python ${RECORDED_PYTHON}`);
  for (const [name, item] of Object.entries(CASES)) {
    if (wanted.length > 0 && !wanted.includes(name)) continue;
    const source = writeFiles(mkdtempSync(join(tmpdir(), "voicekey-case-")), appOf(item));
    const { plan } = await planFor(appOf(item), configOf(item), { only: [item.step] });
    executor.forget();
    const done = await executor.runAll(plan.actions, source);
    const ran = done.get(Object.values(plan.steps[0]?.actions ?? {}).at(-1) ?? "");
    rmSync(source, { recursive: true });
    if (ran?.judged.status.kind !== "exited") throw new Error(`${name} did not run`);
    const target = resolve(import.meta.dirname, "../fixtures/tool-output", name);
    rmSync(target, { recursive: true, force: true });
    const report = ran.outputs["report"] ?? "";
    for (const path of filesBelow(report)) writeFiles(join(target, "report"), { [path]: scrubbed(join(report, path)) });
    const end = { code: ran.judged.status.code, stderr: withoutPlace(ran.judged.stderr) };
    writeFileSync(join(target, "end.json"), `${JSON.stringify(end, null, 1)}\n`);
    console.log(`${name}: status ${end.code}`);
  }
} finally {
  executor.close();
}
