/**
 * The `format` check: `ruff format --check` under the application's own settings.
 */
import * as z from "zod";
import { isCode, judgeTool, type ToolReport } from "./common/gate.ts";
import type { ToolRun } from "./common/observed.ts";
import { askedPaths, expectInEachPath, poisonInCode } from "./common/poison.ts";
import { type Read, readJson, readText } from "./common/report.ts";
import { planRuff } from "./common/ruff.ts";
import { CODE, SETTINGS } from "./common/tool-action.ts";
import type { Finding, JudgedAction, Step } from "./step.ts";

const reportSchema = z.array(
  z.object({
    code: z.string(),
    filename: z.string().min(1),
    message: z.string(),
    location: z.object({ row: z.int(), column: z.int() }).nullable(),
  }),
);

/** Lines of the diff that a person sees first; the whole of it is evidence. */
const DIFF_LINES = 40;

export const format: Step = {
  id: "format",
  title: "Formatting",
  requirements: ["C1"],
  goals: ["pr-checks"],
  needs: [],
  perPython: false,
  paths: (config) => config.checks.format.paths,
  plan: (context) => planRuff(context, "format", context.config.checks.format),
  judge: (judged) => judgeTool(judged, { step: "format", tool: "ruff format", globs: CODE, read: readReport }),
  tripwires: [
    {
      id: "badly-formatted",
      title: "a badly formatted file",
      scope: "app",
      narrowTo: SETTINGS,
      overlay: (context) => poisonInCode(context, "format", "badly-formatted"),
      paths: askedPaths,
      expect: (context) => expectInEachPath(context, [{ rule: "unformatted", path: "badly_formatted.py" }]),
    },
  ],
};

function readReport(action: JudgedAction, run: ToolRun): Read<ToolReport> {
  // ruff writes no JSON at all when its settings leave it no file, and no summary either when they leave it `pyproject.toml`.
  const none = !run.checked.some(isCode) && run.exit === 0;
  const summary = none ? { value: "" } : readText(action, "summary.txt");
  if ("problem" in summary) return summary;
  const items = none ? { value: [] } : readJson(action, "format.json", reportSchema);
  if ("problem" in items) return items;
  const findings = items.value.map(
    (item): Finding => ({
      rule: item.code,
      message: item.message,
      path: item.filename,
      ...(item.location === null ? {} : { line: item.location.row, column: item.location.column }),
    }),
  );
  const unformatted = filesOf(findings, (rule) => rule === "unformatted");
  const unparsed = filesOf(findings, (rule) => rule !== "unformatted");
  const would = counted(summary.value, /(\d+) files? would be reformatted/);
  if (would !== unformatted)
    return { problem: `format.json speaks of ${unformatted} files to reformat, the summary of ${would}` };
  const diff = (action.read("report", "format.diff") ?? "").trimEnd().split("\n");
  return {
    value: {
      findings,
      checked: run.checked,
      checkedCount: would + counted(summary.value, /(\d+) files? already formatted/) + unparsed,
      exit: unparsed > 0 ? 2 : unformatted > 0 ? 1 : 0,
      ...(unformatted === 0 ? {} : { detail: diff.slice(0, DIFF_LINES).join("\n") }),
    },
  };
}

function filesOf(findings: readonly Finding[], matches: (rule: string) => boolean): number {
  return new Set(findings.filter((f) => matches(f.rule)).map((f) => f.path)).size;
}

function counted(text: string, pattern: RegExp): number {
  return Number(pattern.exec(text)?.[1] ?? 0);
}
