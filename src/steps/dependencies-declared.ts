/**
 * The `dependencies-declared` check: deptry over the application's code, against what its wheel declares and what its lock installs.
 * It stands for C1, as a check of the sources that runs nothing of them, and for C9: what is missing here is missing where a user installs it.
 */
import * as z from "zod";
import type { DependencyCheck } from "../config/model.ts";
import { normalName } from "./common/distribution-name.ts";
import { judgeTool, type ToolReport } from "./common/gate.ts";
import type { ToolRun } from "./common/observed.ts";
import { askedPaths, expectInEachPath, poisonInCode } from "./common/poison.ts";
import { bundledAppConfig } from "./common/pytest/bundled-app.ts";
import { type Read, readJson } from "./common/report.ts";
import { bundled, CODE, harness, pathArgument, SETTINGS, toolAction, toolEnvironment } from "./common/tool-action.ts";
import { once, projectLock, projectWheel } from "./project.ts";
import type { Finding, JudgedAction, Step } from "./step.ts";

const ID = "dependencies-declared";
const FOLDER = `src/steps/${ID}`;
/** Where dependencies may be declared, so that a finding can name the line. */
const INPUT: readonly string[] = [...CODE, "requirements.in", "requirements.txt"];

const reportSchema = z.object({
  schema: z.literal(1),
  violations: z.array(
    z.object({
      error: z.object({ code: z.string().regex(/^DEP\d+$/), message: z.string() }),
      module: z.string().min(1),
      /** Of an import that is not declared: false where only deptry's own environment has it. */
      installed: z.boolean().optional(),
      location: z.object({
        file: z.string().min(1).nullable(),
        line: z.int().positive().nullable(),
        column: z.int().positive().nullable(),
      }),
    }),
  ),
  /** Files that could not be parsed, so that nothing is known of their imports. */
  unread: z.array(z.object({ file: z.string(), message: z.string() })),
  declared: z.array(z.string()),
});

export const dependenciesDeclared: Step = {
  id: ID,
  title: "Dependencies declared",
  requirements: ["C1", "C9"],
  goals: ["pr-checks"],
  needs: [],
  perPython: false,
  paths: (config) => config.checks[ID].paths,
  plan: (context) => {
    const { skip, timeoutSeconds } = context.config.checks[ID];
    if (skip !== undefined) return { skip };
    const { packages, extras } = context.config.python;
    const lock = projectLock(context);
    const wheel = projectWheel(context);
    const action = toolAction(context, {
      id: `${context.prefix}/run`,
      argv: [
        { tool: "python", env: "app" },
        "-I",
        { in: "harness", path: "harness.py" },
        "--runner",
        { tool: "python", env: "deptry" },
        "--requirements",
        { in: "requirements", path: "pyproject.toml" },
        "--report",
        { out: "report" },
        ...packages.map((name) => `--package=${name}`),
        ...extras.map((name) => `--extra=${name}`),
        "--",
        ...context.paths.map(pathArgument),
      ],
      cwd: "app",
      inputs: {
        app: context.app(INPUT),
        harness: harness("src/steps/common/voicekey_observe.py", `${FOLDER}/run_deptry.py`, `${FOLDER}/harness.py`),
        requirements: { kind: "output", action: wheel.id, output: "requirements" },
      },
      outputs: ["report"],
      python: context.python,
      environments: { app: { lock: lock.ref, precompiled: true }, deptry: toolEnvironment("deptry") },
      timeoutSeconds,
    });
    return { actions: once(lock.actions, wheel.actions, [{ name: "run", action }]) };
  },
  judge: (judged) =>
    judgeTool(judged, { step: ID, tool: "deptry", globs: INPUT, read: readReport(judged.context.config.checks[ID]) }),
  tripwires: [
    {
      id: "undeclared-import",
      title: "imports of a package that is not there, and of one that is there and not declared",
      scope: "app",
      narrowTo: SETTINGS,
      overlay: (context) => poisonInCode(context, ID, "undeclared-import"),
      paths: askedPaths,
      expect: (context) =>
        expectInEachPath(context, [
          { rule: "DEP001", path: "not_installed.py", message: "voicekey_poison_not_installed" },
          { rule: "DEP003", path: "not_declared.py", message: "voicekey_observe" },
        ]),
    },
    {
      id: "unused-dependency",
      title: "a dependency that nothing imports",
      scope: "tool-only",
      base: bundled("src/steps/unit-tests/app"),
      overlay: () => bundled(`${FOLDER}/poison/unused-dependency`),
      paths: () => ["src"],
      config: bundledAppConfig,
      expect: () => [{ rule: "DEP002", path: "pyproject.toml", message: "voicekey-poison-unused" }],
    },
  ],
};

function readReport({ allow }: DependencyCheck): (action: JudgedAction, run: ToolRun) => Read<ToolReport> {
  return (action, run) => {
    const report = readJson(action, "deptry.json", reportSchema);
    if ("problem" in report) return report;
    const { violations, unread, declared } = report.value;
    const names = Object.keys(allow);
    const excusing = (module: string): string | undefined =>
      names.find((name) => normalName(name) === normalName(module));
    const excused = violations.flatMap((v) => excusing(v.module) ?? []);
    const idle = names.filter((name) => !excused.includes(name));
    const findings = violations
      .filter((v) => excusing(v.module) === undefined)
      .map(
        ({ error, module, installed, location: { file, line, column } }): Finding => ({
          ...(installed === false
            ? { rule: "DEP001", message: `'${module}' imported, but neither declared nor installed` }
            : { rule: error.code, message: error.message }),
          ...(file === null ? {} : { path: file }),
          ...(line === null ? {} : { line }),
          ...(column === null ? {} : { column }),
        }),
      );
    const unparsed = unread.map(({ file, message }) => ({ rule: "unreadable", message, path: file }));
    return {
      value: {
        findings: [...findings, ...unparsed],
        checked: run.checked,
        exit: violations.length === 0 ? 0 : 1,
        ...(findings.length === 0 ? {} : { detail: ADVICE }),
        facts: {
          declared: declared.length,
          ...(excused.length === 0 ? {} : { allowed: excused.length }),
          ...(idle.length === 0 ? {} : { "allowed without need": idle.join(", ") }),
        },
      },
    };
  };
}

const ADVICE =
  "what to do: declare what is imported, drop what nothing imports, or excuse a name with its reason in `checks.dependencies-declared.allow`";
