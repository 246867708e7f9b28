/**
 * The judgement of the installed application: all of it is there, it is what was built, it can be imported, and its commands answer.
 */
import { describeExit } from "../../exec/exit-status.ts";
import { readJson, renderFindings, unusable } from "../common/report.ts";
import { timed } from "../common/too-slow.ts";
import type { Finding, Judged, JudgedAction, Judgement, StepContext, TestRecord } from "../step.ts";
import { commandFindings, expectedCommands, testRecord } from "./commands.ts";
import { fileFindings, leftOutPaths, unusedLeaveOuts } from "./files.ts";
import { moduleFindings } from "./modules.ts";
import { type Probe, runSchema, type Trial, trialSchema } from "./records.ts";

const ARTIFACTS = ["wheel", "sdist"] as const;

/** A trial, and how people call it. */
interface Tried {
  readonly artifact: (typeof ARTIFACTS)[number];
  readonly trial: Trial;
  readonly probe: Probe;
}

export function judgeInstall({ context, results }: Judged): Judgement {
  const action = results["run"];
  if (action === undefined) throw new Error("install-smoke is judged without its run");
  const run = readJson(action, "run.json", runSchema);
  if (action.status.kind !== "exited" || action.status.code !== 0 || "problem" in run)
    return noReport(action, "problem" in run ? run.problem : "it did not end well");
  const tried: Tried[] = [];
  const findings: Finding[] = [];
  for (const artifact of ARTIFACTS) {
    const trial = readJson(action, `${artifact}.json`, trialSchema);
    if ("problem" in trial) return noReport(action, trial.problem);
    const { value } = trial;
    if (!value.installed) {
      findings.push({
        rule: "not-installed",
        message: `${value.name} is not installed where its ${artifact} should be`,
      });
    } else if (value.probe.found === null || value.probe.exit !== 0) {
      findings.push(died(artifact, value), ...commandsOf(artifact, value, context));
    } else {
      tried.push({ artifact, trial: value, probe: value.probe.found });
    }
  }
  for (const { artifact, trial, probe } of tried)
    findings.push(...trialFindings(trial, probe, context, artifact), ...commandsOf(artifact, trial, context));
  // What is wrong with the wheel is as a rule wrong with the sdist's wheel too: said once, with both names.
  const merged = mergedFindings(findings);
  const facts = factsOf(tried, context, run.value.wheels);
  const tests = tried.flatMap(({ artifact, trial }) =>
    trial.commands.map((c): TestRecord => testRecord(artifact, c, expectedCommands(trial, context))),
  );
  if (merged.length === 0) return { outcome: "passed", findings: merged, facts, tests };
  const more = merged.length === 1 ? "" : ` (and ${merged.length - 1} more)`;
  return {
    outcome: "failed",
    reason: `${merged[0]?.message ?? ""}${more}`,
    detail: renderFindings(merged),
    findings: merged,
    facts,
    tests,
  };
}

function noReport(action: JudgedAction, why: string): Judgement {
  return unusable(action, "no-report", `the trial left no usable report: ${why} (${describeExit(action.status)})`);
}

/** The interpreter that imports everything was ended, or hung. */
function died(artifact: string, { probe }: Trial): Finding {
  const how = probe.exit === null ? "did not end" : `ended with status ${probe.exit}`;
  const last = probe.said.trim().split("\n").at(-1) ?? "";
  const words = last === "" ? "" : `: ${last}`;
  const message = `${artifact}: the interpreter ${how} while it imported ${probe.at === "" ? "nothing yet" : probe.at}${words}`;
  return timed({ rule: "import-failed", message }, probe.exit === null);
}

function commandsOf(artifact: string, trial: Trial, context: StepContext): Finding[] {
  return commandFindings(trial, context).map((f) => ({ ...f, message: `${artifact}: ${f.message}` }));
}

function trialFindings(trial: Trial, probe: Probe, context: StepContext, artifact: string): Finding[] {
  const found: Finding[] = [
    ...packageFindings(probe, context),
    ...fileFindings(probe, context),
    ...probe.record.slice(0, 5).map((said) => ({ rule: "record-broken", message: `RECORD is wrong: ${said}` })),
    ...moduleFindings(trial, probe, context),
    ...probe.entry_points
      .filter((e) => e.error !== undefined)
      .map((e) => ({
        rule: "entry-point-broken",
        message: `the entry point ${e.name} (${e.group}, ${e.value}) does not load: ${e.error}`,
      })),
    ...trial.inconsistent.map((said) => ({ rule: "requirement-missing", message: said })),
    ...versionFindings(trial, probe),
  ];
  return found.map((f) => ({ ...f, message: `${artifact}: ${f.message}` }));
}

function packageFindings(probe: Probe, { config }: StepContext): Finding[] {
  return config.python.packages.flatMap((name): Finding[] => {
    const installed = probe.modules.some((m) => m.module === name || m.module.startsWith(`${name}.`));
    if (!installed) return [{ rule: "package-missing", message: `the package ${name} is not installed` }];
    if (probe.packages[name]?.where !== "elsewhere") return [];
    return [
      {
        rule: "imported-from-elsewhere",
        message: `${name} was imported from outside the environment: another module has the package's name`,
      },
    ];
  });
}

function versionFindings(trial: Trial, probe: Probe): Finding[] {
  const places = [
    { where: "the installed metadata", text: probe.version, normal: probe.normal },
    ...Object.entries(probe.packages).flatMap(([name, p]) =>
      p.version === undefined ? [] : [{ where: `${name}.__version__`, text: p.version, normal: p.normal ?? p.version }],
    ),
  ];
  return places
    .filter((p) => p.normal !== trial.normal)
    .map((p) => ({ rule: "versions-differ", message: `${p.where} is ${p.text}, and ${trial.wheel} was installed` }));
}

/** Findings of both artifacts that say the same become one. */
function mergedFindings(findings: readonly Finding[]): Finding[] {
  const strip = (f: Finding): string => f.message.replace(/^(?:wheel|sdist): /, "");
  const byText = new Map<string, Finding[]>();
  for (const f of findings) {
    const key = `${f.rule}\n${strip(f)}`;
    byText.set(key, [...(byText.get(key) ?? []), f]);
  }
  return [...byText.values()].flatMap(([first, second]) => {
    if (first === undefined) return [];
    return second === undefined ? [first] : [{ ...first, message: `wheel and sdist: ${strip(first)}` }];
  });
}

function factsOf(tried: readonly Tried[], context: StepContext, wheels: number): Record<string, string | number> {
  const [first] = tried;
  if (first === undefined) return {};
  const { trial, probe } = first;
  const unused = unusedLeaveOuts(context);
  const out = leftOutPaths(context).length;
  const foreign = probe.modules.filter((m) => m.missing !== undefined && probe.stdlib.includes(m.missing)).length;
  return {
    version: probe.version,
    files: Object.keys(probe.files).length,
    modules: probe.modules.length,
    commands: trial.commands.length,
    "entry points": probe.entry_points.length,
    dependencies: trial.others.length,
    ...(out === 0 ? {} : { "left out": out }),
    ...(unused.length === 0 ? {} : { "leave-out without a file": unused.join(", ") }),
    ...(foreign === 0 ? {} : { "modules of other systems": foreign }),
    ...(wheels === 1 ? { tried: "the sdist makes the very same wheel" } : {}),
    python: probe.python,
  };
}
