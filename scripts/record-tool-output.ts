/**
 * Runs every case of test/steps/recorded-cases.ts with the real tools and keeps what they left under fixtures/tool-output.
 *   npx tsx scripts/record-tool-output.ts [CASE…]
 * Needs the package index, and Python of the recorded version on PATH.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { steps } from "../src/steps/index.ts";
import { appOf, configOf, filesBelow } from "../test/steps/recorded.ts";
import { CASES } from "../test/steps/recorded-cases.ts";
import { runHere } from "../test/steps/run-here.ts";
import { writeFiles } from "../test/steps/small-app.ts";

/** Records must not tell where they were made. */
const scrubbed = (file: string): string =>
  readFileSync(file, "utf8").replaceAll(/\/[^\s"']*\/(?:runs|envs)\/[\w-]+/g, "/scratch");

const wanted = process.argv.slice(2);
const store = mkdtempSync(join(tmpdir(), "voicekey-record-"));
try {
  for (const [name, item] of Object.entries(CASES)) {
    if (wanted.length > 0 && !wanted.includes(name)) continue;
    const ran = await runHere(appOf(item), configOf(item), { only: [item.step], store });
    const [key = ""] = name.split("/");
    const perPython = steps.some((s) => s.id === key && s.perPython);
    const folder = join(ran.evidence, "steps", key, perPython ? "3.11" : "", "run");
    const journal = readFileSync(join(ran.evidence, "journal.jsonl"), "utf8").trim().split("\n");
    const ended = journal
      .map((line): unknown => JSON.parse(line))
      .find(
        (e) =>
          typeof e === "object" && e !== null && "action" in e && "status" in e && String(e.action).endsWith("/run"),
      ) as { status: { kind: string; code?: number } } | undefined;
    if (ended?.status.code === undefined) throw new Error(`${name} did not run to its end`);
    const target = resolve(import.meta.dirname, "../fixtures/tool-output", name);
    rmSync(target, { recursive: true, force: true });
    const report = join(folder, "report");
    for (const path of filesBelow(report)) writeFiles(join(target, "report"), { [path]: scrubbed(join(report, path)) });
    const end = { code: ended.status.code, stderr: scrubbed(join(folder, "stderr.txt")) };
    writeFileSync(join(target, "end.json"), `${JSON.stringify(end, null, 1)}\n`);
    ran.remove();
    console.log(`${name}: status ${end.code}`);
  }
} finally {
  rmSync(store, { recursive: true, force: true });
}
