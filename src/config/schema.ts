/**
 * The form of `pipeline.yaml`: one strict zod schema, from which the JSON Schema for editors and docs/configuration.md are generated.
 * It judges values only; whether a path exists and what a missing key becomes is decided in checks.ts and detect.ts.
 */
import { z } from "zod";
import { IMAGES } from "../toolchains/images.ts";
import { pathTextProblem } from "./paths.ts";
import {
  BRANCH,
  DEFAULT_FILES,
  DEFAULT_PYTHONS,
  DEFAULT_TIMEOUTS,
  DISTRIBUTION_NAME,
  IMAGE,
  IMPORT_NAME,
  nameProblem,
  ONE_LINE,
  OWN_VARIABLES,
  SUPPORTED_PYTHONS,
} from "./values.ts";

const appName = z.string().max(100).superRefine(report(nameProblem));
const relativePath = z.string().superRefine(report(pathTextProblem));
const requirementName = z
  .string()
  .regex(DISTRIBUTION_NAME, "must be the name of an extra or group: letters, digits, `.`, `_`, `-`");

const imageKey = z.enum(Object.keys(IMAGES) as (keyof typeof IMAGES)[]);

const common = {
  skip: z
    .string()
    .max(500)
    .regex(/\S/u, "must say why the check is skipped; an empty reason hides it")
    .regex(ONE_LINE, "must be one line")
    .optional()
    .describe("Leaves the check out. The text is the reason that report and evidence give; it must not be empty."),
};

function timeout(seconds: number) {
  return z
    .int()
    .min(1)
    .max(86_400)
    .optional()
    .meta({ description: "Seconds after which the check is ended and counts as failed.", default: seconds });
}

function paths(description: string) {
  return list(relativePath).min(1).optional().describe(description);
}

const PATHS = "Files and folders, relative to `app.root`, with forward slashes; not globs.";

const pathsCheck = (seconds: number, defaults: string) => ({
  ...common,
  timeout: timeout(seconds),
  paths: paths(`${PATHS} Default: ${defaults}.`),
});

const checks = z
  .strictObject({
    format: z
      .strictObject(pathsCheck(DEFAULT_TIMEOUTS.format, "the folders of the packages, and the tests"))
      .optional()
      .describe("Whether every file is formatted."),
    lint: z
      .strictObject(pathsCheck(DEFAULT_TIMEOUTS.lint, "the folders of the packages, and the tests"))
      .optional()
      .describe("Whether the linter finds anything; its rules are the app's own."),
    types: z
      .strictObject({
        ...pathsCheck(DEFAULT_TIMEOUTS.types, "the folders of the packages"),
        strict: z
          .boolean()
          .optional()
          .meta({ description: "Whether all of the type checker's optional strictness is on.", default: false }),
      })
      .optional()
      .describe("Whether the types hold."),
    "unit-tests": z
      .strictObject({
        ...pathsCheck(
          DEFAULT_TIMEOUTS["unit-tests"],
          "`tests/unit`, else `tests`, else `test`, else a `tests` folder inside a package",
        ),
        args: list(z.string().regex(ONE_LINE, "must be one line"), false)
          .optional()
          .meta({ description: "More arguments for pytest, one per entry; no shell reads them.", default: [] }),
        env: z
          .record(
            z
              .string()
              .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, "must be letters, digits and `_`")
              .refine((name) => !OWN_VARIABLES.test(name), "is set by the pipeline itself"),
            z.string().regex(/^[^\0]*$/u, "must not hold a NUL character"),
          )
          .optional()
          .meta({
            description:
              "Environment variables of the tests. Nothing else is inherited. Never a secret: they stand in the plan.",
            default: {},
          }),
        coverage: z
          .number()
          .min(0)
          .max(100)
          .optional()
          .describe("Least share of covered statements, in percent. Without it coverage is measured and not judged."),
        imports: z.enum(["installed", "source"]).optional().meta({
          description:
            "`installed`: the tests must import the installed package, as users will. `source`: importing it from the checkout is accepted, and said in the report.",
          default: "installed",
        }),
      })
      .optional()
      .describe("The unit tests, once per Python version, with the app installed from its lock."),
  })
  .optional()
  .describe("The checks. Each runs unless it has a `skip`; each key of a check has a default.");

export const fileSchema = z
  .strictObject({
    schema: z.literal(1).describe("Version of this form. Always 1."),
    app: z
      .strictObject({
        name: appName
          .optional()
          .describe(
            "The app's name in plan, report and file names. Default: the project's name in pyproject.toml or setup.cfg.",
          ),
        root: relativePath.optional().meta({
          description:
            "The app's folder, relative to the folder that this file stands in, or to its parent when that folder is `.github`.",
          default: ".",
        }),
      })
      .optional()
      .describe("The application."),
    python: z
      .strictObject({
        versions: list(z.enum(SUPPORTED_PYTHONS))
          .min(1)
          .optional()
          .describe(
            `Supported Python versions, in quotes. Default: those of ${SUPPORTED_PYTHONS.join(", ")} that the project's classifiers and requires-python name, else ${DEFAULT_PYTHONS.join(" and ")}. Checks that run once use the lowest.`,
          ),
        packages: list(
          z.string().regex(IMPORT_NAME, "must be the name of a package as it is imported, such as `parley`"),
        )
          .min(1)
          .optional()
          .describe(
            "Import packages of the app; coverage measures these. Default: found from the build backend's settings, else by folder.",
          ),
        extras: list(requirementName)
          .optional()
          .describe(
            "Extras that the tests need. Default: those of test, tests, testing that the project has; if it has none, dev.",
          ),
        groups: list(requirementName)
          .optional()
          .describe("Dependency groups that the tests need. Default: as for `extras`."),
        lock: relativePath
          .optional()
          .describe(
            `Requirement file with hashes: the app's dependencies and those of its tests. Default: \`${DEFAULT_FILES.lock}\` where it has hashes; without one the dependencies are resolved first.`,
          ),
        "build-lock": relativePath
          .optional()
          .describe(
            `Requirement file with hashes: what builds the app. Default: \`${DEFAULT_FILES["build-lock"]}\` where it has hashes.`,
          ),
      })
      .optional()
      .describe("The Python project."),
    checks,
    baseline: relativePath
      .optional()
      .describe(
        `File of known findings that may only shrink, relative to \`app.root\`. Default: \`${DEFAULT_FILES.baseline}\`. Where there is none, nothing is excused.`,
      ),
    "base-branch": z
      .string()
      .max(200)
      .regex(BRANCH, "must be the name of a branch or ref")
      .optional()
      .describe(
        "The branch that a change is compared with. Default: the remote's default branch, then main, then master.",
      ),
    images: z
      .partialRecord(
        imageKey,
        z.string().regex(IMAGE, "must be an image reference that ends in `@sha256:` and 64 hexadecimal digits"),
      )
      .optional()
      .meta({
        description: "Replacements of the pipeline's container images (mirrors, air gaps), by key.",
        default: {},
      }),
  })
  .describe("Config of an application for voicekey-pipeline.");

export const pointerSchema = z
  .strictObject({
    schema: z.literal(1).optional().describe("Version of this form. Always 1."),
    use: relativePath.describe(
      "Alone in its file: the config that counts, relative to the folder that this file stands in, or to its parent when that folder is `.github`. For a repository whose app is a folder.",
    ),
  })
  .describe("Points at the config that counts.");

export { DEFAULT_FILES };

export type FileConfig = z.infer<typeof fileSchema>;

function list<T extends z.ZodType>(item: T, unique = true) {
  const array = z.array(item).max(1000);
  if (!unique) return array;
  return array.superRefine((values, context) => {
    values.forEach((value, index) => {
      if (values.indexOf(value) < index)
        context.addIssue({ code: "custom", message: "stands twice in the list", path: [index] });
    });
  });
}

function report(problem: (value: string) => string | undefined) {
  return (value: string, context: z.RefinementCtx): void => {
    const message = problem(value);
    if (message !== undefined) context.addIssue({ code: "custom", message });
  };
}
