/**
 * The `types` check: mypy under the application's own settings, against the environment that the application's lock makes.
 */
import * as z from "zod";
import { judgeTool, type ToolReport } from "./common/gate.ts";
import type { ToolRun } from "./common/observed.ts";
import { askedPaths, expectInEachPath, poisonInCode } from "./common/poison.ts";
import { parseJson, type Read } from "./common/report.ts";
import { CODE, harness, pathArgument, SETTINGS, toolAction, toolEnvironment } from "./common/tool-action.ts";
import { projectLock } from "./project.ts";
import type { Finding, JudgedAction, Step } from "./step.ts";

const lineSchema = z.object({
  file: z.string().min(1),
  line: z.int(),
  column: z.int(),
  message: z.string(),
  code: z.string().nullable(),
  severity: z.string(),
});

export const types: Step = {
  id: "types",
  title: "Types",
  requirements: ["C1"],
  goals: ["pr-checks"],
  needs: [],
  perPython: false,
  paths: (config) => config.checks.types.paths,
  plan: (context) => {
    const { skip, timeoutSeconds, strict } = context.config.checks.types;
    if (skip !== undefined) return { skip };
    const lock = projectLock(context);
    const action = toolAction(context, {
      id: `${context.prefix}/run`,
      argv: [
        { tool: "python", env: "mypy" },
        "-I",
        { in: "harness", path: "harness.py" },
        { tool: "mypy", env: "mypy" },
        { out: "report" },
        "--python-executable",
        { tool: "python", env: "app" },
        "--python-version",
        context.python,
        ...(strict ? ["--strict"] : []),
        "--",
        ...context.paths.map(pathArgument),
      ],
      cwd: "app",
      inputs: {
        app: context.app(CODE),
        harness: harness("src/steps/common/voicekey_observe.py", "src/steps/types/harness.py"),
      },
      outputs: ["report"],
      python: context.python,
      environments: { mypy: toolEnvironment("mypy"), app: { lock: lock.ref, precompiled: true } },
      timeoutSeconds,
    });
    return { actions: [...lock.actions, { name: "run", action }] };
  },
  judge: (judged) => judgeTool(judged, { step: "types", tool: "mypy", globs: CODE, read: readReport }),
  tripwires: [
    {
      id: "wrong-types",
      title: "an assignment and an argument of the wrong type",
      scope: "app",
      narrowTo: SETTINGS,
      overlay: (context) => poisonInCode(context, "types", "wrong-types"),
      paths: askedPaths,
      expect: (context) =>
        expectInEachPath(context, [
          { rule: "assignment", path: "wrong_types.py" },
          { rule: "arg-type", path: "wrong_types.py", message: "voicekey_poison_double" },
        ]),
    },
  ],
};

function readReport(action: JudgedAction, run: ToolRun): Read<ToolReport> {
  // mypy writes nothing at all when it finds nothing, so an empty file is a report; a missing one is not.
  const text = action.read("report", "mypy.jsonl");
  if (text === undefined) return { problem: "mypy.jsonl is missing" };
  const findings: Finding[] = [];
  let notes = 0;
  for (const [index, line] of text.split("\n").entries()) {
    if (line.trim() === "") continue;
    const item = parseJson(line, `mypy.jsonl:${index + 1}`, lineSchema);
    if ("problem" in item) return item;
    const { file, line: row, column, message, code, severity } = item.value;
    if (severity !== "error") {
      notes += 1;
      continue;
    }
    const place = { ...(row > 0 ? { line: row } : {}), ...(column >= 0 ? { column: column + 1 } : {}) };
    findings.push({ rule: code ?? "error", message, path: file, ...place });
  }
  if (run.exit === 2 && findings.length === 0) return { problem: "mypy could not check anything" };
  // Errors such as broken syntax end mypy early, with a status of their own. Where it prints JSON it counts notes as errors in its status.
  const onlyNotes = findings.length === 0 && notes > 0 && run.exit === 1;
  const exit = onlyNotes ? 1 : findings.length === 0 ? 0 : run.exit === 2 ? 2 : 1;
  return { value: { findings, checked: run.checked, exit, ...(notes === 0 ? {} : { facts: { notes } }) } };
}
