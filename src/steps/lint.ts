/**
 * The `lint` check: `ruff check` under the application's own settings; its SARIF is evidence as it is.
 */
import * as z from "zod";
import { judgeTool, type ToolReport } from "./common/gate.ts";
import type { ToolRun } from "./common/observed.ts";
import { askedPaths, expectInEachPath, poisonInCode } from "./common/poison.ts";
import { type Read, readJson } from "./common/report.ts";
import { planRuff } from "./common/ruff.ts";
import { CODE, SETTINGS } from "./common/tool-action.ts";
import type { Finding, JudgedAction, Step } from "./step.ts";

const sarifSchema = z.object({
  version: z.literal("2.1.0"),
  runs: z
    .array(
      z.object({
        tool: z.object({ driver: z.object({ name: z.literal("ruff") }) }),
        results: z.array(
          z.object({
            ruleId: z.string().nullish(),
            message: z.object({ text: z.string() }),
            locations: z
              .array(
                z.object({
                  physicalLocation: z.object({
                    artifactLocation: z.object({ uri: z.string().min(1) }),
                    region: z.object({ startLine: z.int(), startColumn: z.int() }).optional(),
                  }),
                }),
              )
              .min(1),
          }),
        ),
      }),
    )
    .length(1),
});

export const lint: Step = {
  id: "lint",
  title: "Lint",
  requirements: ["C1"],
  goals: ["pr-checks"],
  needs: [],
  perPython: false,
  paths: (config) => config.checks.lint.paths,
  plan: (context) => planRuff(context, "lint", context.config.checks.lint),
  judge: (judged) => judgeTool(judged, { step: "lint", tool: "ruff check", globs: CODE, read: readReport }),
  tripwires: [
    {
      id: "broken-code",
      title: "a name that is not defined, and a syntax error",
      scope: "app",
      narrowTo: SETTINGS,
      overlay: (context) => poisonInCode(context, "lint", "broken-code"),
      paths: askedPaths,
      expect: (context) =>
        expectInEachPath(context, [
          { rule: "F821", path: "undefined_name.py", message: "voicekey_poison_is_not_defined" },
          { rule: "invalid-syntax", path: "syntax_error.py" },
        ]),
    },
  ],
};

function readReport(action: JudgedAction, run: ToolRun): Read<ToolReport> {
  const sarif = readJson(action, "lint.sarif", sarifSchema);
  if ("problem" in sarif) return sarif;
  const findings = sarif.value.runs.flatMap((r) =>
    r.results.flatMap(({ ruleId, message, locations }) =>
      locations.slice(0, 1).map(
        ({ physicalLocation: { artifactLocation, region } }): Finding => ({
          rule: ruleId ?? "invalid-syntax",
          message: message.text,
          path: decoded(artifactLocation.uri),
          ...(region === undefined ? {} : { line: region.startLine, column: region.startColumn }),
        }),
      ),
    ),
  );
  return { value: { findings, checked: run.checked, exit: findings.length === 0 ? 0 : 1 } };
}

function decoded(uri: string): string {
  try {
    return decodeURIComponent(uri);
  } catch {
    return uri;
  }
}
