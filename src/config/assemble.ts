/**
 * The config after defaults, out of what the file says and what was found. A pure function; both are known to be sound.
 */
import type { Detected } from "./detect.ts";
import type { CheckBase, Config } from "./model.ts";
import { normalPath } from "./paths.ts";
import type { FileConfig } from "./schema.ts";
import { DEFAULT_TIMEOUTS } from "./values.ts";

/** `root`: the app's folder relative to the repository. */
export function assemble(file: FileConfig, found: Detected, root: string): Config {
  const { checks = {}, python = {} } = file;
  const tests = checks["unit-tests"] ?? {};
  const lock = python.lock ?? found.lock;
  const buildLock = python["build-lock"] ?? found.buildLock;
  const baseline = file.baseline ?? found.baseline;
  return {
    schema: 1,
    app: { name: file.app?.name ?? found.name ?? "", root },
    python: {
      versions: ascending(python.versions ?? found.versions),
      packages: python.packages ?? found.packages,
      extras: python.extras ?? found.extras,
      groups: python.groups ?? found.groups,
      ...(lock === undefined ? {} : { lock: normalPath(lock) }),
      ...(buildLock === undefined ? {} : { buildLock: normalPath(buildLock) }),
    },
    checks: {
      format: { ...base(checks.format, "format"), paths: paths(checks.format, found.checked) },
      lint: { ...base(checks.lint, "lint"), paths: paths(checks.lint, found.checked) },
      types: {
        ...base(checks.types, "types"),
        paths: paths(checks.types, found.code),
        strict: checks.types?.strict ?? false,
      },
      "unit-tests": {
        ...base(tests, "unit-tests"),
        paths: paths(tests, found.unitTests),
        args: tests.args ?? [],
        env: tests.env ?? {},
        ...(tests.coverage === undefined ? {} : { coverageFloor: tests.coverage }),
        imports: tests.imports ?? "installed",
      },
    },
    ...(baseline === undefined ? {} : { baseline: normalPath(baseline) }),
    ...(file["base-branch"] === undefined ? {} : { baseBranch: file["base-branch"] }),
    images: file.images ?? {},
  };
}

interface FileCheck {
  readonly skip?: string | undefined;
  readonly timeout?: number | undefined;
  readonly paths?: readonly string[] | undefined;
}

function base(check: FileCheck | undefined, id: keyof typeof DEFAULT_TIMEOUTS): CheckBase {
  const timeoutSeconds = check?.timeout ?? DEFAULT_TIMEOUTS[id];
  return check?.skip === undefined ? { timeoutSeconds } : { skip: check.skip.trim(), timeoutSeconds };
}

function paths(check: FileCheck | undefined, found: readonly string[]): string[] {
  return [...new Set((check?.paths ?? found).map(normalPath))];
}

function ascending(versions: readonly string[]): string[] {
  const minor = (v: string): number => Number(v.split(".")[1]);
  return [...versions].sort((a, b) => minor(a) - minor(b));
}
