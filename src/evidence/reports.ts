/**
 * Writes every report of a finished run beside its evidence. Both doors end a run with it; what a report says is its renderer's business.
 */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Words, wordsOfRun } from "../command-words.ts";
import { PipelineError } from "../errors.ts";
import { renderJobSummary } from "./job-summary.ts";
import { renderJunit } from "./junit.ts";
import { renderHtml } from "./report-html.ts";
import { renderMarkdown } from "./report-md.ts";
import type { ReportName } from "./report-names.ts";
import { loadRun, type RunRecord } from "./run-record.ts";
import { renderSarif } from "./sarif.ts";

/**
 * Reads the evidence of a run from `folder` and writes its reports there. Resolves with what was read. `given` is for a run whose evidence names one
 * door and that was started at another one.
 * Rejects with EVIDENCE_INVALID where the evidence does not hold together, and with EVIDENCE_UNWRITABLE.
 */
export async function writeReports(folder: string, given?: Words): Promise<RunRecord> {
  const record = await loadRun(folder);
  const words = given ?? wordsOfRun(record.verdict.where);
  const texts: Readonly<Record<ReportName, string>> = {
    "report.md": renderMarkdown(record.verdict, record.plan, words),
    "report.html": await renderHtml(record, words),
    "summary.md": renderJobSummary(record, words),
    "junit.xml": renderJunit(record),
    "results.sarif": renderSarif(record),
  };
  for (const [name, text] of Object.entries(texts)) {
    try {
      await writeFile(join(folder, name), text);
    } catch (error) {
      throw new PipelineError("EVIDENCE_UNWRITABLE", `${name} cannot be written to ${folder}`, { cause: error });
    }
  }
  return record;
}
