/**
 * The one error class and the closed catalogue of its codes. Every problem that a user can cause or cure has a code here;
 * anything else that is thrown is a bug. This module formats nothing for a terminal, and spells no command: the door's words do.
 */
import { type Command, type HostCommand, typedAt, type Words } from "./command-words.ts";

/** Process exit statuses of the command line; a contract. */
export const EXIT = { passed: 0, failed: 1, badInput: 2, cannot: 3, interrupted: 130 } as const;

interface CatalogueEntry {
  /** What kind of problem it is, in one line. */
  readonly title: string;
  readonly cause: string;
  /** A function where it names a command, or where the doors differ. */
  readonly remedy: string | ((words: Words) => string);
  readonly exit: 2 | 3;
}

export const CATALOGUE = {
  CONFIG_NOT_FOUND: {
    title: "there is no pipeline config",
    cause: "Neither pipeline.yaml nor .github/pipeline.yaml exists in the source folder.",
    remedy: "Write a pipeline.yaml (README, “Adopting it”), or name one with --config.",
    exit: 2,
  },
  CONFIG_INVALID: {
    title: "the pipeline config is not valid",
    cause:
      "The file has keys or values that its schema does not allow, or leaves out what the project does not say either.",
    remedy: "Mend every listed line; the schema stands in schema/pipeline.schema.json.",
    exit: 2,
  },
  SOURCE_NOT_FOUND: {
    title: "the source folder does not exist",
    cause: "--source, or the app's root in the config, names a folder that is not there.",
    remedy: "Check the path.",
    exit: 2,
  },
  NOT_A_REPOSITORY: {
    title: "the source is not in a git repository",
    cause: "The folder was never put under git, or its .git was left out when it was copied.",
    remedy: "Run `git init` there and add the files, or check out the repository itself.",
    exit: 2,
  },
  SOURCE_EMPTY: {
    title: "the application has no files",
    cause: "The repository is empty, or everything below the app's root is ignored by git.",
    remedy: "Add the application's files, or mend `app.root` in the config.",
    exit: 2,
  },
  SOURCE_UNREADABLE: {
    title: "a file of the source cannot be read",
    cause: "Permissions, or the file changed while it was being read.",
    remedy: "Make the file readable, or let git ignore it, and run again.",
    exit: 2,
  },
  BASE_NOT_FOUND: {
    title: "the base is not a commit of this repository",
    cause: "--base or `baseBranch` names a ref that does not exist here, or a shallow clone lacks it.",
    remedy: "Fetch it (`git fetch --unshallow`), or name another ref.",
    exit: 2,
  },
  BASELINE_INVALID: {
    title: "the baseline is not valid",
    cause: "The baseline file is not JSON of the expected form, or it grew against the base branch.",
    remedy: (words) => `Write it anew with \`${words.typed({ name: "baseline" })}\`; a baseline may only shrink.`,
    exit: 2,
  },
  USAGE: {
    title: "the command line is not valid",
    cause: "An option or argument is unknown or has a value that is not allowed.",
    remedy: (words) => `See \`${words.typed({ name: "help" })}\`.`,
    exit: 2,
  },
  UNKNOWN_STEP: {
    title: "there is no such step",
    cause: "The id is misspelt, or the step belongs to another version.",
    remedy: (words) => `See \`${words.typed({ name: "list" })}\`.`,
    exit: 2,
  },
  PLAN_INVALID: {
    title: "the plan does not hold together",
    cause: "Two steps plan different actions under one id, or actions depend on each other in a circle.",
    remedy: "This is a mistake in the pipeline itself: report it with the plan.",
    exit: 3,
  },
  GIT_FAILED: {
    title: "git did not answer",
    cause: "git is missing, or the repository is damaged.",
    remedy: "Run the printed git command by hand and mend what it says.",
    exit: 3,
  },
  HOST_UNSUPPORTED: {
    title: "this machine is not supported",
    cause: "The host door runs on Linux x64 and Windows x64 only.",
    remedy: "Use the Dagger door, or a supported machine.",
    exit: 3,
  },
  INTERPRETER_MISSING: {
    title: "a Python version is missing",
    cause: "No interpreter of that version is on this machine, and none could be fetched.",
    remedy: (words) =>
      words.door === "host"
        ? `Install it and put it on PATH; \`${words.typed({ name: "doctor" })}\` says what is here, and how to get what lacks.`
        : "Name an image that has it in the config, under `images:`.",
    exit: 3,
  },
  ENVIRONMENT_FAILED: {
    title: "a tool environment could not be built",
    cause:
      "The package index did not answer, a package does not exist for this machine and Python, or the disk is full.",
    remedy: "Read the words above; check the network, the index settings and the room on the disk.",
    exit: 3,
  },
  SECRET_MISSING: {
    title: "a secret is missing",
    cause: "The run was not given the secret that an action names.",
    remedy: "Provide it under that name.",
    exit: 3,
  },
  STORE_UNUSABLE: {
    title: "the cache folder cannot be used",
    cause: "It is not writable, or its disk is full.",
    remedy: (words) =>
      words.door === "host"
        ? "Point VOICEKEY_PIPELINE_CACHE to a folder with room, or free some."
        : "Free room on the engine's disk.",
    exit: 3,
  },
  EVIDENCE_UNWRITABLE: {
    title: "the evidence folder cannot be written",
    cause: "The folder is not writable, or it holds files that are not evidence.",
    remedy: (words) =>
      words.door === "host"
        ? "Name another folder with --evidence."
        : "The folder is the module's own: free room on the engine's disk, and call again.",
    exit: 2,
  },
  EVIDENCE_INVALID: {
    title: "the evidence of a run does not hold together",
    cause: "A file of the evidence folder was changed, removed or cut short after it was written.",
    remedy: "Leave the folder alone while a run writes it, and run again.",
    exit: 3,
  },
  ENGINE_UNREACHABLE: {
    title: "the Dagger engine cannot be reached",
    cause: "No engine runs, the dagger command is not on PATH, or @dagger.io/dagger is not installed.",
    remedy: (words) =>
      words.door === "host"
        ? "Install Dagger 0.21.8 with a container runtime, and @dagger.io/dagger 0.21.8 beside this command; or run without --on dagger."
        : "See to it that the engine runs, and call again.",
    exit: 3,
  },
  MACHINE_FAILED: {
    title: "the machine failed while running a command",
    cause: "A process could not be started, or a disk or container failed.",
    remedy: "Run again; if it stays, see the printed details.",
    exit: 3,
  },
} as const satisfies Record<string, CatalogueEntry>;

export type ErrorCode = keyof typeof CATALOGUE;

export interface Problem {
  /** What is wrong, in one line. */
  readonly message: string;
  readonly file?: string;
  /** 1-based. */
  readonly line?: number;
  readonly column?: number;
  readonly remedy?: string;
  /** What to type: the remedy's text is then the words before it. Left out, with its remedy, at a door that has no such command. */
  readonly command?: Command | HostCommand;
}

export class PipelineError extends Error {
  override readonly name = "PipelineError";
  readonly code: ErrorCode;
  readonly problems: readonly Problem[];

  /** `message` says what happened in this case; the catalogue adds likely cause and remedy. Never put a secret into either. */
  constructor(code: ErrorCode, message: string, options: { problems?: readonly Problem[]; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.problems = options.problems ?? [];
  }

  get exit(): 2 | 3 {
    return CATALOGUE[this.code].exit;
  }
}

/** What to do about errors of this code, as it is typed at the door. */
export function remedyOf(code: ErrorCode, words: Words): string {
  const { remedy }: CatalogueEntry = CATALOGUE[code];
  return typeof remedy === "string" ? remedy : remedy(words);
}

/** The whole error as plain text: what happened, every problem with its place, likely cause, what to do. */
export function renderError(error: PipelineError, words: Words): string {
  const entry = CATALOGUE[error.code];
  const lines = [`error ${error.code}: ${error.message}`];
  for (const p of error.problems) {
    const place = [p.file, p.line, p.column].filter((x) => x !== undefined).join(":");
    lines.push(`  ${place === "" ? "" : `${place}: `}${p.message}`);
    const cure = cureOf(p, words);
    if (cure !== undefined) lines.push(`    → ${cure}`);
  }
  lines.push(`likely cause: ${entry.cause}`, `what to do: ${remedyOf(error.code, words)}`);
  return lines.join("\n");
}

function cureOf({ remedy, command }: Problem, words: Words): string | undefined {
  if (command === undefined) return remedy;
  const typed = typedAt(words, command);
  if (typed === undefined) return undefined;
  return remedy === undefined ? `\`${typed}\`` : `${remedy} \`${typed}\``;
}

/** What anything that was thrown says. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
