/**
 * The config after defaults: what every step and the plan read. The loader (load.ts) produces exactly this;
 * nothing here says how the file looks or how its mistakes are reported.
 */
export interface Config {
  readonly schema: 1;
  readonly app: {
    readonly name: string;
    /** The app's folder relative to the repository's root, forward slashes, `.` for the root itself. */
    readonly root: string;
  };
  readonly python: {
    /** Supported versions, `MAJOR.MINOR`, ascending. Checks that run once use the first. */
    readonly versions: readonly string[];
    /** Import packages of the app; measured by coverage. */
    readonly packages: readonly string[];
    /** Extras and dependency groups that the tests need, resolved together with the runtime dependencies. */
    readonly extras: readonly string[];
    readonly groups: readonly string[];
    /** Hash-locked requirement files of the app, relative to its root. Without one, a `resolve` action makes it. */
    readonly lock?: string;
    readonly buildLock?: string;
  };
  readonly checks: {
    readonly format: PathsCheck;
    readonly lint: PathsCheck;
    readonly types: PathsCheck & { readonly strict: boolean };
    readonly "unit-tests": TestCheck;
  };
  /** Known findings that may only shrink, relative to the app's root. */
  readonly baseline?: string;
  /** The branch that a change is compared with. Without it: the remote's default branch, then `main`, then `master`. */
  readonly baseBranch?: string;
  /** Replacements of catalogue images (mirrors, air gaps), by catalogue key; each ends in `@sha256:…`. */
  readonly images: Readonly<Record<string, string>>;
}

export interface CheckBase {
  /** Set: the step is skipped, and this is the reason that the evidence gives. */
  readonly skip?: string;
  readonly timeoutSeconds: number;
}

export interface PathsCheck extends CheckBase {
  /** Files and folders, relative to the app's root. */
  readonly paths: readonly string[];
}

export interface TestCheck extends PathsCheck {
  /** More arguments for pytest. */
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Least share of covered statements, in percent; undefined: coverage is measured and not judged. */
  readonly coverageFloor?: number;
  /** `installed` (default): the tests must import the installed package; `source`: importing it from the checkout is accepted, and said. */
  readonly imports: "installed" | "source";
}

/** Known findings: step id → path → rule → how many. A step passes while no count is above its entry. */
export type Baseline = Readonly<Record<string, Readonly<Record<string, Readonly<Record<string, number>>>>>>;
