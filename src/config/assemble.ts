/**
 * The config after defaults, out of what the file says and what was found. A pure function; both are known to be sound.
 */

import { base, commandLine } from "./assemble-parts.ts";
import { speech } from "./assemble-speech.ts";
import type { Detected } from "./detect.ts";
import type { Config, InstallCheck, PerformanceCheck, TestCheck } from "./model.ts";
import { normalPath } from "./paths.ts";
import type { FileConfig } from "./schema.ts";
import { LATENCY_LIMITS } from "./values.ts";

/** `root`: the app's folder relative to the repository. */
export function assemble(file: FileConfig, found: Detected, root: string): Config {
  const { checks = {}, python = {} } = file;
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
      "dependencies-declared": {
        ...base(checks["dependencies-declared"], "dependencies-declared"),
        paths: paths(checks["dependencies-declared"], found.code),
        allow: checks["dependencies-declared"]?.allow ?? {},
      },
      "unit-tests": {
        ...tests(checks["unit-tests"], "unit-tests", found.unitTests),
        ...(checks["unit-tests"]?.coverage === undefined ? {} : { coverageFloor: checks["unit-tests"].coverage }),
      },
      "integration-smoke": tests(checks["integration-smoke"], "integration-smoke", found.integrationTests),
      "asr-smoke": speech(checks["asr-smoke"]),
      "build-dist": base(checks["build-dist"], "build-dist"),
      "install-smoke": install(checks["install-smoke"]),
      "perf-smoke": performance(checks["perf-smoke"]),
    },
    ...(baseline === undefined ? {} : { baseline: normalPath(baseline) }),
    ...(file["base-branch"] === undefined ? {} : { baseBranch: file["base-branch"] }),
    ...(file["system-packages"] === undefined ? {} : { systemPackages: file["system-packages"] }),
    images: file.images ?? {},
  };
}

function tests(
  check: TestSection | undefined,
  id: "unit-tests" | "integration-smoke",
  found: readonly string[],
): TestCheck {
  const chosen = paths(check, found);
  return {
    ...base(check, id),
    ...(chosen.length > 0 || check?.skip !== undefined
      ? {}
      : { skip: "there are no integration tests: no folder tests/integration, and no `paths` in the config" }),
    paths: chosen,
    args: check?.args ?? [],
    env: check?.env ?? {},
    imports: check?.imports ?? "installed",
    retries: check?.retries ?? 0,
    flaky: check?.flaky ?? "fail",
  };
}

function install(check: Section<"install-smoke">): InstallCheck {
  return {
    ...base(check, "install-smoke"),
    commands: (check?.commands ?? []).map((c) => ({
      run: commandLine(c.run),
      exit: c.exit ?? 0,
      ...(c.stdout === undefined ? {} : { stdout: c.stdout }),
    })),
    leaveOut: check?.["leave-out"] ?? {},
  };
}

/** Optional: it runs only where the config has its section. */
function performance(check: Section<"perf-smoke">): PerformanceCheck {
  return {
    ...base(check, "perf-smoke"),
    ...(check === undefined ? { skip: "optional, and the config has no section for it" } : {}),
    kinds: check?.kinds ?? ["clean"],
    p50: check?.["median-latency"] ?? LATENCY_LIMITS.p50,
    p95: check?.["p95-latency"] ?? LATENCY_LIMITS.p95,
    regression: check?.regression ?? 10,
    pairs: check?.pairs ?? 12,
  };
}

type Section<Id extends keyof NonNullable<FileConfig["checks"]>> = NonNullable<FileConfig["checks"]>[Id];
type TestSection = NonNullable<Section<"integration-smoke">>;

function paths(
  check: { readonly paths?: readonly string[] | undefined } | undefined,
  found: readonly string[],
): string[] {
  return [...new Set((check?.paths ?? found).map(normalPath))];
}

function ascending(versions: readonly string[]): string[] {
  const minor = (v: string): number => Number(v.split(".")[1]);
  return [...versions].sort((a, b) => minor(a) - minor(b));
}
