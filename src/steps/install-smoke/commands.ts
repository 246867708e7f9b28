/**
 * Whether the installed commands answer as the config says. An exit status of 0 beside a traceback is no answer.
 */
import type { InstalledCommand } from "../../config/model.ts";
import { timed } from "../common/too-slow.ts";
import type { Finding, StepContext, TestRecord } from "../step.ts";
import type { Trial, TriedCommand } from "./records.ts";

/** What a command must do: what the config says, or, for `--help` of every console script, end well and say something. */
export interface ExpectedCommand {
  readonly run: readonly string[];
  readonly exit: number;
  readonly stdout?: string;
  readonly says: boolean;
}

const TRACEBACK = /^Traceback \(most recent call last\):|^\s*Exception ignored in:|^Fatal Python error:/m;
const SAID = 300;
/** The exit status of programs that do not know an option. */
const USAGE = 2;

export function expectedCommands(trial: Trial, { config }: StepContext): ExpectedCommand[] {
  const { commands } = config.checks["install-smoke"];
  if (commands.length > 0)
    return commands.map((c: InstalledCommand) => ({
      run: c.run,
      exit: c.exit,
      says: false,
      ...(c.stdout === undefined ? {} : { stdout: c.stdout.replaceAll("{version}", versionOf(trial)) }),
    }));
  const scripts = (trial.probe.found?.entry_points ?? []).filter((e) => e.group === "console_scripts");
  return scripts.map((e) => ({ run: [e.name, "--help"], exit: 0, says: true }));
}

export function commandFindings(trial: Trial, context: StepContext): Finding[] {
  const expected = expectedCommands(trial, context);
  const tried = new Map(trial.commands.map((c) => [key(c.run), c]));
  const untried = expected.filter((e) => !tried.has(key(e.run)));
  // That a program takes --help is a guess, and may be wrong for an honest one.
  const guessed = context.config.checks["install-smoke"].commands.length === 0;
  const advice = (c: TriedCommand): string =>
    guessed && !c.missing && (c.exit === null || c.exit === USAGE)
      ? "; if it takes no --help, name what it answers in `checks.install-smoke.commands`"
      : "";
  return [
    ...untried.map((e) => ({ rule: "report-not-trusted", message: `nothing is recorded of \`${shown(e.run)}\`` })),
    ...trial.commands.flatMap((c) =>
      problemsOf(c, expected).map((p) =>
        timed(
          { rule: "command-failed", message: `\`${shown(c.run)}\` ${p}${advice(c)}` },
          !c.missing && c.exit === null,
        ),
      ),
    ),
  ];
}

/** A command as a test case. */
export function testRecord(artifact: string, tried: TriedCommand, expected: readonly ExpectedCommand[]): TestRecord {
  const problems = problemsOf(tried, expected);
  const text = tried.missing ? "" : [tried.stdout.text, tried.stderr.text].filter((t) => t !== "").join("\n");
  return {
    classname: `install-smoke.${artifact}`,
    name: shown(tried.run),
    outcome: problems.length === 0 ? "passed" : "failed",
    message: problems.join("; "),
    text: problems.length === 0 ? "" : text,
  };
}

function problemsOf(tried: TriedCommand, all: readonly ExpectedCommand[]): string[] {
  if (tried.missing) return ["is not installed: no program has this name"];
  const expected = all.find((e) => key(e.run) === key(tried.run)) ?? { run: tried.run, exit: 0, says: true };
  const { exit, stdout, stderr } = tried;
  const streams = [
    ["stdout", stdout],
    ["stderr", stderr],
  ] as const;
  const said = `${stderr.text}\n${stdout.text}`.trim();
  // Nothing else is known of it: what it printed until then may end in the middle of a character.
  if (exit === null) return ["did not end in time; it has no input, and must not wait for any"];
  return [
    ...(exit !== expected.exit
      ? [
          `ended with status ${exit}, not ${expected.exit}: ${lastWords(stderr.text.trim() === "" ? stdout.text : stderr.text)}`,
        ]
      : []),
    // Beside another status than expected the traceback is the same fault, and its last words stand above.
    ...streams
      .filter(([, s]) => exit === expected.exit && TRACEBACK.test(s.text))
      .map(([name, s]) => `printed a traceback on ${name}: ${lastWords(s.text)}`),
    ...streams.filter(([, s]) => !s.utf8).map(([name]) => `printed bytes on ${name} that are not UTF-8`),
    ...(expected.says && exit === expected.exit && said === "" ? ["said nothing"] : []),
    ...(expected.stdout !== undefined && !stdout.text.includes(expected.stdout)
      ? [`did not print ${JSON.stringify(expected.stdout)}, but ${JSON.stringify(stdout.text.trim().slice(0, SAID))}`]
      : []),
  ];
}

function versionOf(trial: Trial): string {
  return trial.probe.found?.version ?? trial.normal;
}

function lastWords(text: string): string {
  return (text.trim().split("\n").at(-1) ?? "").slice(0, SAID) || "it said nothing";
}

function key(run: readonly string[]): string {
  return JSON.stringify(run);
}

function shown(run: readonly string[]): string {
  return run.join(" ");
}
