/**
 * The baseline as a file: strict JSON, sorted, one line per path, so that a change of it reads well in a review.
 * Knows the form only; what the counts mean stands in baseline.ts.
 */
import { messageOf, PipelineError, type Problem } from "../errors.ts";
import { build, type Entry, entries } from "./baseline-entries.ts";
import type { Baseline } from "./model.ts";
import { normalPath } from "./paths.ts";
import { dotted, printable, shown } from "./shown.ts";
import { type KeyPath, parseYaml, type YamlText } from "./yaml-document.ts";

/**
 * `{ "schema": 1, "steps": { STEP: { PATH: { RULE: COUNT } } } }`. `file` is for messages.
 * Errors: BASELINE_INVALID with every problem and its place.
 */
export function parseBaseline(text: string, file: string): Baseline {
  checkJson(text, file);
  // YAML holds all of JSON, and its parser knows places and finds keys that stand twice.
  const parsed = parseYaml(text, file);
  const problems: Problem[] = parsed.problems.map((p) => ({
    ...p,
    message: p.message.replace("not valid YAML: ", ""),
  }));
  const found: Entry[] = [];
  const top = mapping(parsed.value);
  for (const key of Object.keys(top ?? {})) {
    if (key !== "schema" && key !== "steps")
      problems.push(
        problem(parsed, file, [key], `unknown key \`${printable(key)}\``, "Known keys: `schema`, `steps`."),
      );
  }
  if (top?.["schema"] !== 1) problems.push(problem(parsed, file, ["schema"], "`schema` must be 1", FORM));
  const steps = mapping(top?.["steps"]);
  if (steps === undefined)
    problems.push(problem(parsed, file, ["steps"], "`steps` must be a mapping of step ids", FORM));
  for (const [step, paths] of Object.entries(steps ?? {})) {
    const at = ["steps", step];
    if (!/^[a-z][a-z0-9-]*$/.test(step))
      problems.push(problem(parsed, file, at, `${shown(step)} cannot be a step's id`, FORM));
    for (const [path, rules] of inside(paths, at)) {
      const wrong = pathWrong(path);
      if (wrong !== undefined)
        problems.push(
          problem(
            parsed,
            file,
            [...at, path],
            `the path ${shown(path)} ${wrong}`,
            "Paths are relative to the app's root, with forward slashes.",
          ),
        );
      for (const [rule, count] of inside(rules, [...at, path])) {
        if (typeof count === "number" && Number.isSafeInteger(count) && count > 0)
          found.push({ step, path, rule, count });
        else
          problems.push(
            problem(
              parsed,
              file,
              [...at, path, rule],
              `the count must be a whole number above 0, not ${shown(count)}`,
              "An entry without findings is left out.",
            ),
          );
      }
    }
  }
  if (problems.length > 0) throw invalid(file, problems);
  return build(found);

  function inside(value: unknown, at: KeyPath): [string, unknown][] {
    const record = mapping(value);
    if (record === undefined)
      problems.push(problem(parsed, file, at, `${dotted(at)} must be a mapping, not ${shown(value)}`, FORM));
    return Object.entries(record ?? {});
  }
}

/** The file's text: the same for the same baseline, however it was made. Ends in a line feed. */
export function renderBaseline(baseline: Baseline): string {
  const steps = new Map<string, Map<string, string[]>>();
  for (const { step, path, rule, count } of entries(baseline)) {
    const paths = steps.get(step) ?? new Map<string, string[]>();
    steps.set(step, paths.set(path, [...(paths.get(path) ?? []), `${JSON.stringify(rule)}: ${count}`]));
  }
  const rendered = [...steps].map(([step, paths]) => {
    const lines = [...paths].map(([path, rules]) => `      ${JSON.stringify(path)}: { ${rules.join(", ")} }`);
    return `    ${JSON.stringify(step)}: {\n${lines.join(",\n")}\n    }`;
  });
  const all = rendered.length === 0 ? "{}" : `{\n${rendered.join(",\n")}\n  }`;
  return `{\n  "schema": 1,\n  "steps": ${all}\n}\n`;
}

const FORM = 'The form is { "schema": 1, "steps": { "lint": { "src/a.py": { "E501": 3 } } } }.';

function checkJson(text: string, file: string): void {
  try {
    JSON.parse(text);
  } catch (error) {
    const said = messageOf(error);
    const offset = /at position (\d+)/.exec(said)?.[1];
    const conflict = /^(<{7}|={7}|>{7})/m.test(text);
    const message = conflict
      ? "the baseline holds the marks of a merge conflict"
      : `not valid JSON: ${printable(said)}`;
    const place = offset === undefined ? {} : placeOf(text, Number(offset));
    throw invalid(file, [{ message, file, ...place, remedy: "Write it anew:", command: { name: "baseline" } }]);
  }
}

function placeOf(text: string, offset: number): { line: number; column: number } {
  const before = text.slice(0, offset).split("\n");
  return { line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
}

/** A path of a finding may hold any character that a file's name can; only its form counts. */
function pathWrong(path: string): string | undefined {
  if (path.startsWith("/") || /^[A-Za-z]:/.test(path)) return "must be relative";
  if (path.includes("\\")) return "must be written with forward slashes";
  if (path.split("/").includes("..")) return "must not leave the app";
  return normalPath(path) === path && path !== "." ? undefined : "is not the shortest form of a file's path";
}

function mapping(value: unknown): Readonly<Record<string, unknown>> | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : undefined;
}

function problem(text: YamlText, file: string, at: KeyPath, message: string, remedy: string): Problem {
  return { message, file, ...text.place(at), remedy };
}

function invalid(file: string, problems: readonly Problem[]): PipelineError {
  const count = problems.length === 1 ? "1 problem" : `${problems.length} problems`;
  return new PipelineError("BASELINE_INVALID", `${file} has ${count}:`, { problems });
}
