/**
 * The action: one command as data. It says what the command reads, where it writes, with which tools and under which limits;
 * how that becomes a process or a container is the executor's business. Nothing here runs anything.
 */

/** A reference to a tree of files, resolved to an executor's own tree type before the command runs. */
export type Ref = SourceRef | HistoryRef | BundledRef | InlineRef | OutputRef | OverlayRef;

/** Files of the application that git does not ignore (`head`), or of the merge base with the base branch (`base`). Paths are relative to the app's root. */
export interface SourceRef {
  readonly kind: "source";
  /** picomatch globs over forward-slash paths; a file counts when one includes it and none that starts with `!` excludes it. */
  readonly globs: readonly string[];
  readonly at: "head" | "base";
}

/** The git history up to a commit, as a bare repository. Raw `.git` bytes are never an input: packs differ between machines. */
export interface HistoryRef {
  readonly kind: "history";
  readonly oid: string;
}

/** A file or folder that ships with the pipeline (a harness, a poison, a lock), placed under `to` in the tree (default: its top). */
export interface BundledRef {
  readonly kind: "bundled";
  /** Relative to the pipeline's own package root, for example `src/steps/lint/poison/undefined-name`. */
  readonly path: string;
  readonly to?: string;
}

/** Small generated text files. They are part of the plan, so nothing secret and nothing that depends on the machine may stand in them. */
export interface InlineRef {
  readonly kind: "inline";
  readonly files: Readonly<Record<string, string>>;
}

/** A folder that an earlier action wrote. The consumer runs only if that action exited 0. */
export interface OutputRef {
  readonly kind: "output";
  readonly action: string;
  readonly output: string;
}

/** `upper` laid over `lower`: a file of `upper` replaces the file of the same path. */
export interface OverlayRef {
  readonly kind: "overlay";
  readonly lower: Ref;
  readonly upper: Ref;
}

/**
 * One argument. There is no shell: a literal is passed as it is.
 * `in` and `out` become paths relative to the command's working folder; `path` is appended, `prefix` is glued in front (`--junitxml=`).
 */
export type Arg =
  | string
  | { readonly tool: string; readonly env: string }
  | { readonly in: string; readonly path?: string; readonly prefix?: string }
  | { readonly out: string; readonly path?: string; readonly prefix?: string };

export type TargetPlatform = "linux/amd64" | "windows/amd64";

/**
 * A Python environment made from a hash-locked requirement file. Executors keep it in a store by digest and never let a command write to it.
 * `{tool: NAME, env}` is the program NAME of that environment (`python` is its interpreter).
 */
export interface Environment {
  /** A tree holding exactly one requirement file (any name ending in `.txt` or `.lock`). */
  readonly lock: Ref;
  /** A tree holding exactly one wheel, installed on top without its dependencies and without the network. */
  readonly project?: Ref;
  /** Whether its packages are imported again and again, so that compiling them once is worth its time. Changes no result. */
  readonly precompiled?: boolean;
}

/** The interpreter and the environments of a command. One action has one interpreter version, shared by all its environments. */
export interface Toolchain {
  /** Key of the image catalogue in `src/toolchains/images.ts`; the host executor reads only the interpreter. */
  readonly image: string;
  /** `MAJOR.MINOR`, or `any` where the version cannot change the result (a tool that ships as a binary). */
  readonly python: string;
  readonly environments: Readonly<Record<string, Environment>>;
}

export type CachePolicy = "by-inputs" | "never" | { readonly maxAgeSeconds: number };

export interface Action {
  /** Unique in the plan, `/`-separated, ASCII: `unit-tests@3.11/run`. Also the folder of its evidence. */
  readonly id: string;
  readonly argv: readonly Arg[];
  /** The input in whose folder the command starts; default is the work folder itself. */
  readonly cwd?: string;
  /** The whole environment, but for what an operating system needs to start a process. Nothing is inherited. */
  readonly env: Readonly<Record<string, string>>;
  /** Environment variable → name of a secret. Values never enter a key, a log or evidence. */
  readonly secrets: Readonly<Record<string, string>>;
  /** Input name → what is laid out, writable, at `in/<name>` in the work folder. */
  readonly inputs: Readonly<Record<string, Ref>>;
  /** Output names; each is a folder `out/<name>` that exists and is empty when the command starts. */
  readonly outputs: readonly string[];
  readonly platform: TargetPlatform;
  readonly toolchain: Toolchain;
  readonly cache: CachePolicy;
  /** Whether the command may reach the network. `false` is enforced where the machine can, and the evidence says whether it was. */
  readonly network: boolean;
  /** Runs alone on the machine (measurements). */
  readonly exclusive: boolean;
  readonly timeoutSeconds: number;
}

/** The actions whose outputs this action reads, environments included, without duplicates. */
export function dependencies(action: Action): string[] {
  const found = new Set<string>();
  for (const ref of refsOf(action)) collect(ref, found);
  return [...found];
}

/** Every top-level reference of an action: inputs first, then the environments' locks and projects. */
export function refsOf(action: Action): Ref[] {
  const environments = Object.values(action.toolchain.environments);
  return [
    ...Object.values(action.inputs),
    ...environments.flatMap((e) => (e.project === undefined ? [e.lock] : [e.lock, e.project])),
  ];
}

function collect(ref: Ref, into: Set<string>): void {
  if (ref.kind === "output") into.add(ref.action);
  if (ref.kind === "overlay") {
    collect(ref.lower, into);
    collect(ref.upper, into);
  }
}
