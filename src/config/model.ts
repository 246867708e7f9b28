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
    readonly "dependencies-declared": DependencyCheck;
    readonly "unit-tests": TestCheck;
    readonly "integration-smoke": TestCheck;
    readonly "asr-smoke": SpeechCheck;
    readonly "build-dist": CheckBase;
    readonly "install-smoke": InstallCheck;
    readonly "perf-smoke": PerformanceCheck;
  };
  /** Known findings that may only shrink, relative to the app's root. */
  readonly baseline?: string;
  /** The branch that a change is compared with. Without it: the remote's default branch, then `main`, then `master`. */
  readonly baseBranch?: string;
  /** Debian packages that the repository's own tests want; `doctor` looks for them and no step knows of them. */
  readonly systemPackages?: readonly string[];
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
  /** How often a failed test is run again. A test that fails and then passes is flaky. */
  readonly retries: number;
  /** Whether a flaky test fails the gate, or is only reported. */
  readonly flaky: "fail" | "report";
}

export interface DependencyCheck extends PathsCheck {
  /** Names of distributions or modules that are excused, each with the reason. */
  readonly allow: Readonly<Record<string, string>>;
}

/** Speech recognition: the application's own commands are tried, or, where it has none that could be, its own tests. */
export interface SpeechCheck extends CheckBase {
  /** Test files and folders, relative to the app's root; tried when there is no `app`. */
  readonly tests: readonly string[];
  readonly app?: SpeechApp;
}

/** A command line: a program that the application installs (or `python`), and its arguments. No shell reads it. */
export type CommandLine = readonly [string, ...string[]];

export interface SpeechApp {
  /** Recognises one file: `{audio}` is its path, added at the end where it does not stand. */
  readonly transcribe: CommandLine;
  /** Recognises raw PCM on stdin as it is spoken, a JSON line per utterance. Without it nothing can be said of a warm process. */
  readonly listen?: CommandLine;
  /** Keys of the JSON on stdout: what was understood, and which recogniser said so. Without `text`, stdout itself is the text. */
  readonly fields: { readonly text?: string; readonly source?: string };
  /** Relative to the app's root: the JSON list of `{file, text, kind, expect?, speech_end_ms?}`; recordings stand beside it. */
  readonly expected: string;
  /** Kind of recording → least share that is understood, in percent. Kinds that are not named need 100. */
  readonly accuracy: Readonly<Record<string, number>>;
  /** What local-only mode adds to the commands. */
  readonly local: CommandMore;
  /** Undefined: the application recognises locally only. */
  readonly hybrid?: HybridSpeech;
}

export interface CommandMore {
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** Behaviours of the loopback recogniser, and `clear`: speech that the local engine is sure of, while the recogniser refuses connections. */
export const SPEECH_BEHAVIOURS = [
  "clear",
  "answers",
  "slow",
  "unauthorised",
  "server-error",
  "malformed",
  "no-text",
  "refused",
] as const;
export type SpeechBehaviour = (typeof SPEECH_BEHAVIOURS)[number];

/** In its arguments and variables `{endpoint}` and `{key}` are the loopback recogniser's address and the key that it expects. */
export interface HybridSpeech extends CommandMore {
  /** A recording that the local engine is sure of, and one that it is not, so that the network must be asked. File names of `expected`. */
  readonly clear: string;
  readonly doubtful: string;
  /** What the recogniser says it heard. */
  readonly answer: string;
  /** Key of the request's JSON that holds the base64 of the audio. Without it the body must only be there. */
  readonly audioField?: string;
  /** What the application must do in each behaviour. */
  readonly expect: Readonly<Record<SpeechBehaviour, SpeechExpectation>>;
}

export interface SpeechExpectation {
  /** An exit status, or `failure` for any but 0. */
  readonly exit: number | "failure";
  readonly text?: string;
  readonly source?: string;
  /** A part of what it must say on stderr. */
  readonly stderr?: string;
  /** Seconds in which it must have ended. */
  readonly withinSeconds: number;
}

export interface InstallCheck extends CheckBase {
  /** What is run in the clean environment; empty: every console script with `--help`. */
  readonly commands: readonly InstalledCommand[];
  /** Globs over files of the packages, relative to the app's root, that are not meant to be installed, or that cannot be imported without an extra, each with the reason. */
  readonly leaveOut: Readonly<Record<string, string>>;
}

export interface InstalledCommand {
  readonly run: CommandLine;
  readonly exit: number;
  /** A part of stdout. `{version}` is the version that the metadata gives. */
  readonly stdout?: string;
}

export interface PerformanceCheck extends CheckBase {
  /** Kinds of recordings that are measured. */
  readonly kinds: readonly string[];
  /** Milliseconds from the end of speech to the action, warm (C10). */
  readonly p50: number;
  readonly p95: number;
  /** Percent by which the median work per recording must grow against the merge base to count as a regression. */
  readonly regression: number;
  /** How many pairs of samples are taken, one of the base and one of the change each; below 8 one contrary pair would decide alone. */
  readonly pairs: number;
}

/** Known findings: step id → path → rule → how many. A step passes while no count is above its entry. */
export type Baseline = Readonly<Record<string, Readonly<Record<string, Readonly<Record<string, number>>>>>>;
