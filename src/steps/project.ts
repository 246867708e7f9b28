/**
 * The application as others install it: its lock, its wheel, and what builds the wheel. Checks share these actions: they have the same ids
 * wherever they are planned, and the plan merges them. Nothing here is a check of its own.
 */
import type { OutputRef, Ref } from "../exec/action.ts";
import { bundled, harness, toolAction, toolEnvironment } from "./common/tool-action.ts";
import type { StepAction, StepContext } from "./step.ts";

/** A tree and the actions that make it, under names that no step uses for its own. */
export interface Made {
  readonly ref: Ref;
  readonly actions: readonly StepAction[];
}

const RESOLVE_TIMEOUT_SECONDS = 600;
const BUILD_TIMEOUT_SECONDS = 900;
/** A resolution is a day's snapshot of the package index. */
const RESOLVE_CACHE = { maxAgeSeconds: 24 * 60 * 60 } as const;
/** 1980-01-01T00:00:00Z, the earliest time that a wheel can hold: nothing of the clock enters it. */
const SOURCE_DATE_EPOCH = "315532800";
/** There is no history in the tree, so a version that a backend would read from tags is a stand-in. */
export const VERSION_STAND_IN = "0.0.0";
const BUILD_VARIABLES = { SOURCE_DATE_EPOCH, SETUPTOOLS_SCM_PRETEND_VERSION: VERSION_STAND_IN };

/** The hash-locked requirements of the application for the context's Python: its own lock, or one resolved from what its wheel requires. */
export function projectLock(context: StepContext): Made {
  const { lock, extras, groups } = context.config.python;
  if (lock !== undefined) return { ref: context.project([lock]), actions: [] };
  const wheel = projectWheel(context);
  const id = `${context.projectPrefix}/lock@${context.python}`;
  const action = toolAction(context, {
    id,
    argv: [
      { tool: "uv", env: "uv" },
      "pip",
      "compile",
      "--no-config",
      "--universal",
      "--generate-hashes",
      "--no-emit-index-url",
      "--no-header",
      "--no-annotate",
      "--python",
      { tool: "python", env: "uv" },
      "--python-version",
      context.python,
      ...extras.flatMap((name) => ["--extra", name]),
      ...groups.flatMap((name) => ["--group", name]),
      "--output-file",
      { out: "lock", path: "requirements.lock" },
      "pyproject.toml",
    ],
    cwd: "requirements",
    inputs: { requirements: output(wheel.id, "requirements") },
    outputs: ["lock"],
    python: context.python,
    environments: { uv: toolEnvironment("uv") },
    timeoutSeconds: RESOLVE_TIMEOUT_SECONDS,
    cache: RESOLVE_CACHE,
    network: true,
  });
  return { ref: output(id, "lock"), actions: [...wheel.actions, { name: "lock", action }] };
}

/** Wheel and sdist as they would be published, and what was recorded of how they were built. */
export interface Dist {
  readonly actions: readonly StepAction[];
  /** The action that builds them: its name in a step, and its outputs. */
  readonly name: "dist";
  /** Holds the wheel, the sdist and SHA256SUMS. */
  readonly offered: OutputRef;
  /** Holds the wheel that the sdist makes, or nothing. */
  readonly ofSdist: OutputRef;
  /** How each build ended. */
  readonly report: OutputRef;
}

/**
 * The sdist, a second sdist and wheel under other circumstances, and the wheel that is built from the sdist; one of the wheels that are compared
 * is the one that all other checks install. By the first supported Python, without network. What they are worth, build-dist judges.
 */
export function projectDist(context: StepContext): Dist {
  const build = buildLock(context);
  const wheel = projectWheel(context);
  const id = `${context.projectPrefix}/dist`;
  const action = toolAction(context, {
    id,
    argv: [
      { tool: "python", env: "build" },
      "-I",
      { in: "harness", path: "dist.py" },
      { in: "wheel" },
      { out: "dist" },
      { out: "of-sdist" },
      { out: "report" },
    ],
    cwd: "app",
    env: BUILD_VARIABLES,
    inputs: {
      app: context.project(["**"]),
      wheel: wheel.ref,
      harness: harness(
        "src/steps/common/voicekey_observe.py",
        "src/steps/project/voicekey_archive.py",
        "src/steps/project/voicekey_backend.py",
        "src/steps/project/another_day.py",
        "src/steps/project/dist.py",
      ),
    },
    outputs: ["dist", "of-sdist", "report"],
    python: firstPython(context),
    environments: { build: { lock: build.ref } },
    timeoutSeconds: context.config.checks["build-dist"].timeoutSeconds,
  });
  return {
    actions: [...wheel.actions, { name: "dist", action }],
    name: "dist",
    offered: output(id, "dist"),
    ofSdist: output(id, "of-sdist"),
    report: output(id, "report"),
  };
}

/** The wheel that the sdist makes, for those who need it: without one they do not run, and say in the back end's words why there is none. */
export function sdistWheel(context: StepContext): Made {
  const dist = projectDist(context);
  const id = `${context.projectPrefix}/wheel-of-sdist`;
  const action = toolAction(context, {
    id,
    argv: [
      { tool: "python", env: "packaging" },
      "-I",
      { in: "harness", path: "of_sdist.py" },
      { in: "report" },
      { in: "of-sdist" },
      { out: "wheel" },
    ],
    inputs: {
      report: dist.report,
      "of-sdist": dist.ofSdist,
      harness: bundled("src/steps/project/of_sdist.py"),
    },
    outputs: ["wheel"],
    python: firstPython(context),
    environments: { packaging: toolEnvironment("packaging") },
    timeoutSeconds: BUILD_TIMEOUT_SECONDS,
  });
  return { ref: output(id, "wheel"), actions: [...dist.actions, { name: "wheel-of-sdist", action }] };
}

/** What of the application's lock a user gets: what its wheel requires on the context's Python, without extras, and what that requires in turn. */
export function runtimeLock(context: StepContext): Made {
  const lock = projectLock(context);
  const wheel = projectWheel(context);
  const id = `${context.projectPrefix}/runtime-lock@${context.python}`;
  const action = toolAction(context, {
    id,
    argv: [
      { tool: "python", env: "packaging" },
      "-I",
      { in: "harness", path: "runtime_lock.py" },
      { tool: "python", env: "app" },
      { in: "lock" },
      { in: "wheel" },
      { out: "lock", path: "runtime.lock" },
    ],
    inputs: {
      lock: lock.ref,
      wheel: wheel.ref,
      harness: harness(
        "src/steps/common/voicekey_observe.py",
        "src/steps/project/voicekey_requirements.py",
        "src/steps/project/runtime_lock.py",
      ),
    },
    outputs: ["lock"],
    python: context.python,
    environments: { packaging: toolEnvironment("packaging"), app: { lock: lock.ref, precompiled: true } },
    timeoutSeconds: BUILD_TIMEOUT_SECONDS,
  });
  return { ref: output(id, "lock"), actions: [...lock.actions, ...wheel.actions, { name: "runtime-lock", action }] };
}

/** The application as it is installed: its lock and its wheel, and the actions that make them, each once. */
export function installedProject(context: StepContext): {
  readonly lock: Ref;
  readonly wheel: Ref;
  readonly actions: readonly StepAction[];
} {
  const lock = projectLock(context);
  const wheel = projectWheel(context);
  return { lock: lock.ref, wheel: wheel.ref, actions: once(lock.actions, wheel.actions) };
}

/** Of several lists that may share actions, each action once, in their order. */
export function once(...lists: readonly (readonly StepAction[])[]): StepAction[] {
  return [...new Map(lists.flat().map((a) => [a.action.id, a])).values()];
}

/** The wheel of the application, built once by the first supported Python, without network. */
export function projectWheel(context: StepContext): Made & { readonly id: string } {
  const build = buildLock(context);
  const id = `${context.projectPrefix}/wheel`;
  const action = toolAction(context, {
    id,
    argv: [
      { tool: "python", env: "build" },
      "-I",
      "-B",
      { in: "harness", path: "build.py" },
      { out: "wheel" },
      { out: "requirements" },
    ],
    cwd: "app",
    env: BUILD_VARIABLES,
    inputs: {
      app: context.project(["**"]),
      harness: harness("src/steps/project/voicekey_backend.py", "src/steps/project/build.py"),
    },
    outputs: ["wheel", "requirements"],
    python: firstPython(context),
    environments: { build: { lock: build.ref } },
    timeoutSeconds: BUILD_TIMEOUT_SECONDS,
  });
  return { id, ref: output(id, "wheel"), actions: [...build.actions, { name: "wheel", action }] };
}

function buildLock(context: StepContext): Made {
  const { buildLock: own } = context.config.python;
  if (own !== undefined) return { ref: context.project([own]), actions: [] };
  const id = `${context.projectPrefix}/build-lock`;
  const action = toolAction(context, {
    id,
    argv: [
      { tool: "python", env: "uv" },
      "-I",
      { in: "harness", path: "build_requires.py" },
      { tool: "uv", env: "uv" },
      firstPython(context),
      { in: "settings" },
      { out: "lock", path: "requirements.lock" },
    ],
    inputs: {
      settings: context.project(["pyproject.toml"]),
      harness: bundled("src/steps/project/build_requires.py"),
    },
    outputs: ["lock"],
    python: firstPython(context),
    environments: { uv: toolEnvironment("uv") },
    timeoutSeconds: RESOLVE_TIMEOUT_SECONDS,
    cache: RESOLVE_CACHE,
    network: true,
  });
  return { ref: output(id, "lock"), actions: [{ name: "build-lock", action }] };
}

export function firstPython(context: StepContext): string {
  return context.config.python.versions[0] ?? context.python;
}

function output(action: string, name: string): OutputRef {
  return { kind: "output", action, output: name };
}
