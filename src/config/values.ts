/**
 * The values that a config may hold and those that it gets when it says nothing: patterns, supported versions, defaults.
 * Every pattern is narrow because the values go into argument lists, file names and image references.
 */

/** Python versions that the pipeline can run, ascending. */
export const SUPPORTED_PYTHONS = ["3.11", "3.12", "3.13"] as const;
/** Taken where the project's own metadata names none. */
export const DEFAULT_PYTHONS: readonly string[] = ["3.11", "3.12"];

/** Seconds after which a check is ended, unless the config says otherwise. */
export const DEFAULT_TIMEOUTS = {
  format: 300,
  lint: 300,
  types: 600,
  "dependencies-declared": 300,
  "unit-tests": 1200,
  "integration-smoke": 1200,
  "asr-smoke": 900,
  "build-dist": 900,
  "install-smoke": 600,
  "perf-smoke": 900,
} as const;

/** C10: milliseconds from the end of speech to the action, warm. */
export const LATENCY_LIMITS = { p50: 200, p95: 350 } as const;

/** What an application must do about a recogniser that fails, unless its config says more: say that it failed, and soon. */
export const DEFAULT_WITHIN_SECONDS = 15;

/** Looked for in the app's root when the config names none. */
export const DEFAULT_FILES = {
  lock: "requirements.lock",
  "build-lock": "requirements-build.lock",
  baseline: "pipeline-baseline.json",
} as const;

export const ONE_LINE = /^\P{Cc}*$/u;
export const DISTRIBUTION_NAME = /^[A-Za-z0-9]([A-Za-z0-9._-]{0,98}[A-Za-z0-9])?$/;
const DEVICE_NAME = /^(con|prn|aux|nul|com\d|lpt\d)(\..*)?$/i;
/** A file's name without a folder. */
export const FILE_NAME = /^[^/\\\p{Cc}]+$/u;
/** Keys of nested JSON, joined by dots. */
export const JSON_FIELD = /^[\p{L}_][\p{L}\p{N}_-]*(\.[\p{L}_][\p{L}\p{N}_-]*)*$/u;
/** A program that a package installs: a name, never a path. */
export const PROGRAM = /^[A-Za-z0-9_][A-Za-z0-9._-]*$/;
export const KIND = /^[a-z0-9][a-z0-9_-]*$/;
export const IMPORT_NAME = /^[\p{L}_][\p{L}\p{N}_]*(\.[\p{L}_][\p{L}\p{N}_]*)*$/u;
export const BRANCH = /^(?![-/.])(?!.*(\.\.|@\{|\/\/|\.lock$|[/.]$))[^\p{Cc} ~^:?*[\\]+$/u;
/** Names of Debian packages: never one that apt-get could take for an option, or by a hyphen at its end for something to remove. */
export const SYSTEM_PACKAGE = /^[a-z0-9][a-z0-9+.-]*[a-z0-9+.]$/;
export const IMAGE = /^[a-z0-9][A-Za-z0-9._:/-]*@sha256:[0-9a-f]{64}$/;
/** Set by the pipeline itself, or able to make a test import something other than what is installed. */
export const OWN_VARIABLES =
  /^(PATH|HOME|TMPDIR|TEMP|TMP|SYSTEMROOT|PYTHONHOME|PYTHONPATH|LD_.*|DYLD_.*|VOICEKEY_.*)$/i;

/** Why a text cannot be an app's name, or undefined. */
export function nameProblem(name: string): string | undefined {
  if (!DISTRIBUTION_NAME.test(name))
    return "must be letters, digits, `.`, `_` or `-`, beginning and ending with a letter or digit";
  if (DEVICE_NAME.test(name)) return "is a device name on Windows and cannot be part of a file name there";
  return undefined;
}

export function isImportName(name: string): boolean {
  return IMPORT_NAME.test(name);
}
