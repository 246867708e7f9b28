/**
 * The form of `checks` in `pipeline.yaml`, one section per check. Judges values only; defaults that depend on the app come from detect.ts.
 */
import * as z from "zod";
import { SPEECH_BEHAVIOURS } from "./model.ts";
import { checkKeys, list, oneLine, pathsKeys, reason, relativePath, variables } from "./schema-parts.ts";
import {
  DEFAULT_TIMEOUTS,
  DEFAULT_WITHIN_SECONDS,
  FILE_NAME,
  JSON_FIELD,
  KIND,
  LATENCY_LIMITS,
  PROGRAM,
} from "./values.ts";

const CODE_AND_TESTS = "the folders of the packages, and the tests";

const fileName = z.string().max(200).regex(FILE_NAME, "must be the name of a file, without a folder");
const field = z.string().max(200).regex(JSON_FIELD, "must be a key of the JSON, or keys joined by dots");
const kind = z.string().max(50).regex(KIND, "must be lower-case letters, digits, `-` and `_`");
const percent = z.number().min(0).max(100);
const exit = z.int().min(0).max(255);

/** A program that the application installs and its arguments. */
const commandLine = z
  .array(oneLine)
  .min(1)
  .max(100)
  .superRefine(([program = ""], context) => {
    if (!PROGRAM.test(program))
      context.addIssue({
        code: "custom",
        message: "must be the name of a program that the app installs, or `python`; not a path",
        path: [0],
      });
  });

const more = {
  args: list(oneLine, false)
    .optional()
    .meta({ description: "More arguments, added at the end of each command.", default: [] }),
  env: variables(
    "Environment variables of the commands. Nothing else is inherited. Never a secret: they stand in the plan.",
  ),
};

const testKeys = (seconds: number, defaults: string) => ({
  ...pathsKeys(seconds, defaults),
  args: list(oneLine, false)
    .optional()
    .meta({ description: "More arguments for pytest, one per entry; no shell reads them.", default: [] }),
  env: variables(
    "Environment variables of the tests. Nothing else is inherited. Never a secret: they stand in the plan.",
  ),
  imports: z.enum(["installed", "source"]).optional().meta({
    description:
      "`installed`: the tests must import the installed package, as users will. `source`: importing it from the checkout is accepted, and said in the report.",
    default: "installed",
  }),
  retries: z.int().min(0).max(10).optional().meta({
    description:
      "How often a failed test is run again. One that fails and then passes is flaky, and named in the report.",
    default: 0,
  }),
  flaky: z.enum(["fail", "report"]).optional().meta({
    description: "Whether a flaky test fails the check, or is only reported.",
    default: "fail",
  }),
});

const expectation = z.strictObject({
  exit: z
    .union([exit, z.literal("failure")])
    .optional()
    .describe("Exit status, or `failure` for any but 0. Default: 0 for `clear` and `answers`, else `failure`."),
  text: oneLine
    .optional()
    .describe("What must be understood. Default for `answers`: `answer`; for `clear`: the recording's text."),
  source: oneLine.optional().describe("Which recogniser must have said so, as the key that `source` names gives it."),
  stderr: oneLine.optional().describe("A part of what must be said on stderr."),
  within: z
    .number()
    .min(0.1)
    .max(600)
    .optional()
    .meta({ description: "Seconds in which the command must have ended.", default: DEFAULT_WITHIN_SECONDS }),
});

const hybrid = z.strictObject({
  ...more,
  clear: fileName.describe("A recording of `expected` that the local engine is sure of."),
  doubtful: fileName.describe("A recording that it is not sure of, so that the network recogniser must be asked."),
  answer: oneLine.describe("What the network recogniser says it heard; best one of the app's commands."),
  "audio-field": field.optional().describe("Key of the request's JSON that holds the audio in base64."),
  expect: z.partialRecord(z.enum(SPEECH_BEHAVIOURS), expectation).optional().meta({
    description:
      "What the app must do for each behaviour of the network recogniser, and for `clear`, where it must not be asked.",
    default: {},
  }),
});

export const checks = z
  .strictObject({
    format: z
      .strictObject(pathsKeys(DEFAULT_TIMEOUTS.format, CODE_AND_TESTS))
      .optional()
      .describe("Whether every file is formatted."),
    lint: z
      .strictObject(pathsKeys(DEFAULT_TIMEOUTS.lint, CODE_AND_TESTS))
      .optional()
      .describe("Whether the linter finds anything; its rules are the app's own."),
    types: z
      .strictObject({
        ...pathsKeys(DEFAULT_TIMEOUTS.types, "the folders of the packages"),
        strict: z
          .boolean()
          .optional()
          .meta({ description: "Whether all of the type checker's optional strictness is on.", default: false }),
      })
      .optional()
      .describe("Whether the types hold."),
    "dependencies-declared": z
      .strictObject({
        ...pathsKeys(DEFAULT_TIMEOUTS["dependencies-declared"], "the folders of the packages"),
        allow: z
          .record(z.string().max(200), reason)
          .optional()
          .meta({ description: "Distributions or modules that are excused: name → reason.", default: {} }),
      })
      .optional()
      .describe("Whether what the code imports is declared, and what is declared is imported."),
    "unit-tests": z
      .strictObject({
        ...testKeys(
          DEFAULT_TIMEOUTS["unit-tests"],
          "`tests/unit`, else `tests`, else `test`, else a `tests` folder inside a package",
        ),
        coverage: percent
          .optional()
          .describe("Least share of covered statements, in percent. Without it coverage is measured and not judged."),
      })
      .optional()
      .describe("The unit tests, once per Python version, with the app installed from its lock."),
    "integration-smoke": z
      .strictObject(
        testKeys(
          DEFAULT_TIMEOUTS["integration-smoke"],
          "`tests/integration`; where there is none the check is skipped",
        ),
      )
      .optional()
      .describe("The integration tests, once per Python version, with the app installed and the network cut."),
    "asr-smoke": z
      .strictObject({
        ...checkKeys(DEFAULT_TIMEOUTS["asr-smoke"]),
        tests: list(relativePath)
          .min(1)
          .optional()
          .describe(
            "For an app without a command that can be tried: its own tests of both paths. Without `tests` and `app` the check is skipped. docs/speech.md has examples.",
          ),
        app: z
          .strictObject({
            transcribe: commandLine.describe(
              "Recognises one file and prints what it understood; `{audio}` is the file, added at the end where it does not stand.",
            ),
            listen: commandLine
              .optional()
              .describe(
                'Recognises raw PCM (16 kHz, mono, signed 16 bit little-endian) on stdin as it is spoken: first a JSON line `{"ready": true}`, then one per utterance, at once (docs/speech.md).',
              ),
            text: field
              .optional()
              .describe("Key of the text in the JSON that is printed. Without it stdout is the text."),
            source: field.optional().describe("Key of the recogniser's name in the JSON."),
            expected: relativePath.describe(
              "JSON list of `{file, text, kind, expect, speech_end_ms}`, with the recordings beside it: 16 kHz mono 16 bit WAV (docs/speech.md).",
            ),
            accuracy: z.record(kind, percent).optional().meta({
              description: "Least share of recordings that are understood, in percent, by kind. Others need 100.",
              default: {},
            }),
            local: z.strictObject(more).optional().describe("What makes the commands local-only."),
            hybrid: hybrid.optional().describe("What makes them ask the network, and what they must then do."),
          })
          .optional()
          .describe("The app's own commands."),
      })
      .optional()
      .describe(
        "Speech recognition on both paths, once per Python version: local-only, and with a network recogniser.",
      ),
    "build-dist": z
      .strictObject(checkKeys(DEFAULT_TIMEOUTS["build-dist"]))
      .optional()
      .describe("Wheel and sdist: built twice, compared, checked."),
    "install-smoke": z
      .strictObject({
        ...checkKeys(DEFAULT_TIMEOUTS["install-smoke"]),
        commands: list(
          z.strictObject({
            run: commandLine.describe("A program that the app installs, and its arguments."),
            exit: exit.optional().meta({ description: "Exit status.", default: 0 }),
            stdout: oneLine.optional().describe("A part of stdout; `{version}` is the version in the metadata."),
          }),
          false,
        )
          .optional()
          .describe("What is run where the app is installed. Default: every console script with `--help`."),
        "leave-out": z.record(z.string().max(500), reason).optional().meta({
          description:
            "Globs over files of the packages that are not meant to be installed, or that cannot be imported without an extra: glob → reason.",
          default: {},
        }),
      })
      .optional()
      .describe("Wheel and sdist installed as a user would, once per Python version, away from the source."),
    "perf-smoke": z
      .strictObject({
        ...checkKeys(DEFAULT_TIMEOUTS["perf-smoke"]),
        kinds: list(kind)
          .min(1)
          .optional()
          .meta({ description: "Kinds of recordings that are measured.", default: ["clean"] }),
        "median-latency": z.number().min(1).optional().meta({
          description: "Most milliseconds from the end of speech to the action, median.",
          default: LATENCY_LIMITS.p50,
        }),
        "p95-latency": z
          .number()
          .min(1)
          .max(60_000)
          .optional()
          .meta({ description: "The same for the 95th percentile.", default: LATENCY_LIMITS.p95 }),
        regression: z.number().min(1).max(1000).optional().meta({
          description: "Percent by which the median work must grow against the merge base to be a regression.",
          default: 10,
        }),
        pairs: z
          .int()
          .min(8)
          .max(200)
          .optional()
          .meta({ description: "Pairs of samples, one of the base and one of the change each.", default: 12 }),
      })
      .optional()
      .describe(
        "Optional; runs where this section is. Speed on the recordings of `asr-smoke`, whose `app.listen` it needs.",
      ),
  })
  .optional()
  .describe("The checks. Each runs unless it has a `skip`; each key of a check has a default.");
