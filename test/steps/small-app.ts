/**
 * A small application for the tests of steps, as files in memory: src layout, settings for every tool, no dependency. `planFor` makes the real
 * plan over it, proofs included.
 */
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import type { Config } from "../../src/config/model.ts";
import type { SourceManifest } from "../../src/exec/manifest.ts";
import { sortEntries } from "../../src/exec/manifest.ts";
import { loadBundle } from "../../src/plan/bundle.ts";
import { type MadePlan, makePlan } from "../../src/plan/make-plan.ts";
import { steps } from "../../src/steps/index.ts";
import { IMAGES } from "../../src/toolchains/images.ts";
import { otherChecks, testSettings } from "../config/other-checks.ts";

export type Files = Readonly<Record<string, string>>;

export const smallApp: Files = {
  "pyproject.toml": [
    "[build-system]",
    'requires = ["hatchling"]',
    'build-backend = "hatchling.build"',
    "[project]",
    'name = "whisper-key"',
    'version = "0.1"',
    "dependencies = []",
    "[tool.hatch.build.targets.wheel]",
    'packages = ["src/whisperkey"]',
    "[tool.mypy]",
    "strict = true",
    "[tool.pytest.ini_options]",
    'addopts = ["--import-mode=importlib"]',
    "",
  ].join("\n"),
  "src/whisperkey/__init__.py":
    '"""Words to keys."""\n\n\ndef key(word: str) -> str:\n    """Return the key."""\n    return word[:1]\n',
  "src/whisperkey/py.typed": "",
  "tests/test_key.py":
    '"""Tests."""\n\nfrom whisperkey import key\n\n\ndef test_the_first_letter_is_the_key() -> None:\n    assert key("pause") == "p"\n',
};

export function smallConfig(python: string): Config {
  const timeoutSeconds = 120;
  return {
    schema: 1,
    app: { name: "whisper-key", root: "." },
    python: { versions: [python], packages: ["whisperkey"], extras: [], groups: [] },
    checks: {
      format: { paths: ["src", "tests"], timeoutSeconds },
      lint: { paths: ["src", "tests"], timeoutSeconds },
      types: { paths: ["src"], strict: true, timeoutSeconds },
      "unit-tests": { paths: ["tests"], ...testSettings, coverageFloor: 90, timeoutSeconds },
      ...otherChecks,
    },
    images: {},
  };
}

export function manifestOf(files: Files): SourceManifest {
  return {
    entries: sortEntries(
      Object.entries(files).map(([path, text]) => ({
        path,
        mode: "100644" as const,
        size: Buffer.byteLength(text),
        sha256: createHash("sha256").update(text).digest("hex"),
      })),
    ),
  };
}

export function writeFiles(folder: string, files: Files): string {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  return folder;
}

export async function planFor(
  files: Files,
  config: Config,
  options: { only?: readonly string[]; prove?: boolean } = {},
): Promise<MadePlan> {
  return makePlan({
    goal: "pr-checks",
    pipeline: { name: "voicekey-pipeline", version: "0.0.0" },
    config,
    steps,
    platform: "linux/amd64",
    manifest: manifestOf(files),
    base: null,
    bundle: await loadBundle(resolve(import.meta.dirname, "../..")),
    images: IMAGES,
    only: options.only ?? [],
    skip: [],
    prove: options.prove ?? false,
    proofsOnly: false,
  });
}

/** Files of this repository's own, below a folder that is relative to its root. */
export function readFiles(folder: string, paths: readonly string[]): Files {
  const root = resolve(import.meta.dirname, "../..", folder);
  return Object.fromEntries(paths.map((path) => [path, readFileSync(join(root, path), "utf8")]));
}
