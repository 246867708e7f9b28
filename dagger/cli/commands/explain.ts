/** `explain ID-or-CODE`: what a step checks and how it can end, or what an error means. Needs no application. */
import { closest } from "fastest-levenshtein";
import type { HostWords } from "../../../src/command-words.ts";
import type { ErrorCode } from "../../../src/errors.ts";
import { CATALOGUE, EXIT, PipelineError, remedyOf } from "../../../src/errors.ts";
import { columns } from "../../../src/evidence/columns.ts";
import type { Step } from "../../../src/steps/step.ts";
import type { Io } from "../io.ts";
import { printOut } from "../io.ts";
import type { ConfigKey } from "../session-port.ts";

export async function explain(io: Io, what: string): Promise<number> {
  const code = codeNamed(what);
  if (code !== undefined) {
    printOut(io, explainCode(code, io.words()));
    return EXIT.passed;
  }
  const session = await io.session();
  const step = session.steps.find((s) => s.id === what);
  if (step === undefined) throw unknown(what, session.steps);
  printOut(io, explainStep(step, await session.configKeys(step.id)));
  return EXIT.passed;
}

function codes(): ErrorCode[] {
  return Object.keys(CATALOGUE) as ErrorCode[];
}

/** Codes are recognised in any case and with hyphens, too. */
function codeNamed(what: string): ErrorCode | undefined {
  const wanted = what.toUpperCase().replaceAll("-", "_");
  return codes().find((code) => code === wanted);
}

function unknown(what: string, steps: readonly Step[]): PipelineError {
  // Compared without regard to case, so that `lnit` is near `lint` and `config_invlid` near `CONFIG_INVALID`.
  const known = new Map([...steps.map((s) => s.id), ...codes()].map((name) => [name.toLowerCase(), name]));
  const near = known.get(closest(what.toLowerCase(), [...known.keys()])) ?? "";
  return new PipelineError("UNKNOWN_STEP", "neither a step nor an error code", {
    problems: [{ message: `unknown “${what}”`, remedy: `did you mean “${near}”?` }],
  });
}

function explainCode(code: ErrorCode, words: HostWords): string {
  const entry = CATALOGUE[code];
  return [
    `${code}: ${entry.title}`,
    `likely cause: ${entry.cause}`,
    `what to do: ${remedyOf(code, words)}`,
    `exit status: ${entry.exit}`,
  ].join("\n");
}

function explainStep(step: Step, keys: readonly ConfigKey[]): string {
  const needs = step.needs.length === 0 ? [] : [`needs: ${step.needs.join(", ")} (blocked while one of them is red)`];
  return [
    `${step.id}: ${step.title}`,
    `requirements: ${step.requirements.join(", ")}`,
    `goals: ${step.goals.join(", ")}`,
    step.perPython ? "runs once for each Python version of the config" : "runs once",
    ...needs,
    "",
    "proves itself on planted defects:",
    ...indented(
      step.tripwires.map((t) => [t.id, t.title, t.scope === "app" ? "over your application" : "over a bundled one"]),
    ),
    ...(keys.length === 0 ? [] : ["", "config:", ...indented(keys.map((k) => [k.key, k.type, k.description]))]),
    "",
    "how it can end:",
    ...indented([
      ["passed", "the tools ran, their reports are complete, and nothing was found beyond the baseline"],
      ["failed", "something was found, a tool crashed, a report is missing, or a planted defect was not caught"],
      [
        "skipped",
        `by checks.${step.id}.skip: "reason" in the config, or by --changed when nothing that it reads changed`,
      ],
      [
        "refused",
        "this machine cannot run it: a Python version is missing and cannot be fetched, or the platform differs",
      ],
      ["blocked", "a step that it needs is not green"],
    ]),
    "",
    `what it finds and how: docs/checks.md#${step.id}; every key: docs/configuration.md`,
  ].join("\n");
}

function indented(rows: readonly (readonly string[])[]): string[] {
  return columns(rows).map((line) => `  ${line}`);
}
