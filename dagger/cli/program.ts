/**
 * The commands and their options, as commander needs them: a contract, scripts depend on it. Each command's code is loaded when it is called.
 */
import { Argument, Command, Option } from "commander";
import { PLAN_FORMATS } from "../../src/plan/formats.ts";
import type { Io } from "./io.ts";
import type { RawOptions } from "./options.ts";
import { collectIds } from "./options.ts";
import { packageVersion } from "./package-root.ts";

const GOALS = ["pr-checks"];

const FOOTER = `
Exit status: 0 passed, or incomplete without --strict · 1 a check failed · 2 bad input
             3 incomplete under --strict, or the machine cannot · 130 interrupted
Environment: VOICEKEY_PIPELINE_CACHE (cache folder), VOICEKEY_SECRET_<NAME> (secrets), NO_COLOR, FORCE_COLOR`;

/** The program; `done` receives the exit status of the command that ran. Parsing rejects with a CommanderError instead of ending the process. */
export function makeProgram(io: Io, done: (exit: number) => void): Command {
  const program = new Command("voicekey-pipeline")
    .description("Checks a Python desktop voice application, on this machine or in containers.")
    .version(packageVersion(), "-V, --version", "print the version")
    .helpOption("-h, --help", "print help")
    .addHelpText("after", FOOTER)
    .showSuggestionAfterError()
    .exitOverride()
    .configureOutput({
      writeOut: (text) => io.out.write(text),
      writeErr: (text) => io.err.write(text),
      // Printed with cause and remedy where all errors are.
      outputError: () => undefined,
      getOutHelpWidth: () => io.out.columns ?? 100,
      getErrHelpWidth: () => io.err.columns ?? 100,
      getOutHasColors: () => false,
      getErrHasColors: () => false,
    });

  running(selecting(program.command("pr-checks")))
    .description("run every check of a pull request")
    .option("--strict", "what was refused or not proved is not good enough: exit 3")
    .option("--fail-fast", "stop at the first check that fails")
    .action(async (raw: RawOptions) => done(await (await import("./commands/pr-checks.ts")).prChecks(io, raw)));

  selecting(program.command("plan"))
    .description("print what a goal would do, and its digest, without doing it")
    .addArgument(new Argument("<goal>", "the goal").choices(GOALS))
    .addOption(new Option("--format <format>", "form of the output").choices(PLAN_FORMATS).default("text"))
    .action(async (_goal: string, raw: RawOptions & { readonly format: string }) =>
      done(await (await import("./commands/plan.ts")).plan(io, raw)),
    );

  program
    .command("list")
    .description("list every step with its requirements and tripwires")
    .option("--json", "as JSON")
    .action(async (raw: RawOptions) => done(await (await import("./commands/list.ts")).list(io, raw)));

  program
    .command("explain")
    .description("explain a step or an error code")
    .argument("<id-or-code>", "`lint`, `CONFIG_INVALID`")
    .action(async (what: string) => done(await (await import("./commands/explain.ts")).explain(io, what)));

  running(sourced(program.command("selfproof")))
    .description("prove that the gates catch what they are there for")
    .argument("[ids...]", "only these steps")
    .action(async (ids: string[], raw: RawOptions) =>
      done(await (await import("./commands/selfproof.ts")).selfproof(io, ids, raw)),
    );

  sourced(program.command("debug"))
    .description("open a shell in the exact work folder and environment of a step")
    .argument("<step>", "`lint`, `unit-tests@3.12`")
    .option("--jobs <n>", "commands that run at once (default: the number of processors)")
    .option("--no-cache", "run again what comes before the step")
    .action(async (step: string, raw: RawOptions) =>
      done(await (await import("./commands/debug.ts")).debug(io, step, raw)),
    );

  program
    .command("doctor")
    .description("say what this machine needs for the checks, what of it is here, and how to get the rest")
    .option("--source <dir>", "the repository or a folder of it (default: the current folder)")
    .option("--config <file>", "the pipeline config (default: pipeline.yaml or .github/pipeline.yaml in the source)")
    .option("--install", "get what lacks: system packages with apt-get as root, Pythons and uv into the cache folder")
    .option("--json", "as JSON")
    .action(async (raw: RawOptions) => done(await (await import("./commands/doctor.ts")).doctor(io, raw)));

  running(sourced(program.command("baseline")))
    .description("write the baseline of today's findings; it may only shrink against the merge base")
    .action(async (raw: RawOptions) => done(await (await import("./commands/baseline.ts")).baseline(io, raw)));

  return program;
}

function sourced(command: Command): Command {
  return command
    .option("--source <dir>", "the repository or a folder of it (default: the current folder)")
    .option("--config <file>", "the pipeline config (default: pipeline.yaml or .github/pipeline.yaml in the source)")
    .option("--base <ref>", "compare with the merge base with this ref");
}

function selecting(command: Command): Command {
  return sourced(command)
    .option("--only <ids>", "only these steps, comma-separated", collectIds)
    .option("--skip <ids>", "all but these steps, comma-separated", collectIds)
    .option("--changed", "only what the change since the merge base can affect; the verdict says that it is partial")
    .option("--no-prove", "leave out the proofs; the verdict says that it is unproved");
}

function running(command: Command): Command {
  return command
    .option("--evidence <dir>", "where the evidence goes (default: evidence)")
    .option("--jobs <n>", "commands that run at once (default: the number of processors)")
    .option("--no-cache", "take nothing from the cache")
    .option("--json", "the verdict as JSON on stdout, everything else on stderr")
    .option("--on <where>", "host or dagger (default: host)");
}
