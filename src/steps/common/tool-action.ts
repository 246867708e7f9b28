/**
 * Builds the actions of checks: the same limits and the same environment everywhere, so that a step says only what is its own.
 * Nothing here knows a particular tool.
 */
import type { Action, BundledRef, Environment, InlineRef, Ref } from "../../exec/action.ts";
import { imageKey } from "../../toolchains/images.ts";
import type { StepContext } from "../step.ts";

/** Files that hold the settings of Python tools, and of a mypy plugin that the application may carry itself. */
export const SETTINGS: readonly string[] = ["**/*.toml", "**/*.cfg", "**/*.ini", "**/*plugin*.py"];

/** What tools that read code are given: the code, the settings, and the marks that a package is typed. */
export const CODE: readonly string[] = ["**/*.py", "**/*.pyi", "**/*.pyw", "**/*.ipynb", "**/py.typed", ...SETTINGS];

/** The variables of every command. Caches of bytecode would be files that no input declares. */
const ENVIRONMENT = { PYTHONDONTWRITEBYTECODE: "1", PYTHONUTF8: "1", PYTHONNOUSERSITE: "1" };

export interface ToolActionSpec {
  readonly id: string;
  readonly argv: Action["argv"];
  readonly inputs: Readonly<Record<string, Ref>>;
  readonly outputs: readonly string[];
  readonly python: string;
  readonly environments: Readonly<Record<string, Environment>>;
  readonly timeoutSeconds: number;
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly cache?: Action["cache"];
  readonly network?: boolean;
  /** A measurement: nothing else runs on the machine meanwhile. */
  readonly exclusive?: boolean;
}

export function toolAction(context: StepContext, spec: ToolActionSpec): Action {
  return {
    id: spec.id,
    argv: spec.argv,
    ...(spec.cwd === undefined ? {} : { cwd: spec.cwd }),
    env: { ...ENVIRONMENT, ...spec.env },
    secrets: {},
    inputs: spec.inputs,
    outputs: spec.outputs,
    platform: context.platform,
    toolchain: { image: imageKey(spec.python), python: spec.python, environments: spec.environments },
    cache: spec.cache ?? "by-inputs",
    network: spec.network ?? false,
    exclusive: spec.exclusive ?? false,
    timeoutSeconds: spec.timeoutSeconds,
  };
}

/** The environment of one of our own locked tools: `src/toolchains/<name>.txt`. */
export function toolEnvironment(name: string): Environment {
  return { lock: bundled(`src/toolchains/${name}.txt`) };
}

/** A harness with the modules that it imports, all at the top of one tree. */
export function harness(...paths: readonly string[]): Ref {
  return layers(paths.map((path) => bundled(path)));
}

/** All of them laid over each other, the last one on top; an empty tree for none. */
export function layers(refs: readonly Ref[]): Ref {
  const empty: InlineRef = { kind: "inline", files: {} };
  const [first = empty, ...rest] = refs;
  return rest.reduce<Ref>((lower, upper) => ({ kind: "overlay", lower, upper }), first);
}

export function bundled(path: string, to?: string): BundledRef {
  return to === undefined ? { kind: "bundled", path } : { kind: "bundled", path, to };
}

/** A path as an argument that no tool takes for an option. */
export function pathArgument(path: string): string {
  return path.startsWith("-") ? `./${path}` : path;
}
