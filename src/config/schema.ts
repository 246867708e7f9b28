/**
 * The form of `pipeline.yaml`: one strict zod schema, from which the JSON Schema for editors and docs/configuration.md are generated.
 * It judges values only; whether a path exists and what a missing key becomes is decided in checks.ts and detect.ts.
 */
import * as z from "zod";
import { IMAGES } from "../toolchains/images.ts";
import { checks } from "./schema-checks.ts";
import { list, relativePath, report } from "./schema-parts.ts";
import {
  BRANCH,
  DEFAULT_FILES,
  DEFAULT_PYTHONS,
  DISTRIBUTION_NAME,
  IMAGE,
  IMPORT_NAME,
  nameProblem,
  SUPPORTED_PYTHONS,
  SYSTEM_PACKAGE,
} from "./values.ts";

const appName = z.string().max(100).superRefine(report(nameProblem));
const requirementName = z
  .string()
  .regex(DISTRIBUTION_NAME, "must be the name of an extra or group: letters, digits, `.`, `_`, `-`");

const imageKey = z.enum(Object.keys(IMAGES) as (keyof typeof IMAGES)[]);

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
    "system-packages": list(
      z.string().max(100).regex(SYSTEM_PACKAGE, "must be the name of a Debian package, such as `bubblewrap`"),
    )
      .optional()
      .describe(
        "Debian packages that the repository's own tests want. `doctor` says whether they are there, and `doctor --install` installs them as root. No check needs them.",
      ),
    images: z
      .partialRecord(
        imageKey,
        z.string().regex(IMAGE, "must be an image reference that ends in `@sha256:` and 64 hexadecimal digits"),
      )
      .optional()
      .meta({
        description:
          "Replacements of the Dagger door's container images (mirrors, air gaps), by key, `git` included; the module's `--images` counts before them.",
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
