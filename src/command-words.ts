/**
 * A command of ours as data, and how it is typed at each door. The one place that spells a command: whatever tells a person what to type
 * holds a `Command` and asks the door's words for its text. Where the host command was started from is found out elsewhere.
 */

/** What both doors can do. */
export type Command =
  | { readonly name: "run"; readonly goal: string; readonly only?: readonly string[] }
  | { readonly name: "plan"; readonly goal: string }
  | { readonly name: "debug"; readonly step: string }
  | { readonly name: "baseline" }
  | { readonly name: "list" }
  | { readonly name: "help" };

/** What is about the machine that the host door runs on. */
export type HostCommand = { readonly name: "doctor"; readonly install?: boolean };

export interface HostWords {
  readonly door: "host";
  typed(command: Command | HostCommand): string;
}

export interface DaggerWords {
  readonly door: "dagger";
  typed(command: Command): string;
}

/** How the commands are typed where they are read. */
export type Words = HostWords | DaggerWords;

/** As typed after an installation into a repository. `--no`: npx then runs what is installed and never fetches a package of that name. */
export const INSTALLED = "npx --no voicekey-pipeline";

/** The host door, started by `program`; `on` where its runs go to containers. */
export function hostWords(program: string = INSTALLED, on?: "dagger"): HostWords {
  return {
    door: "host",
    typed: (command) => [program, ...hostArguments(command, on === undefined ? [] : ["--on", on])].join(" "),
  };
}

function hostArguments(command: Command | HostCommand, where: readonly string[]): string[] {
  switch (command.name) {
    case "run":
      return [command.goal, ...where, ...only(command.only)];
    case "plan":
      return ["plan", command.goal];
    case "debug":
      return ["debug", command.step];
    case "baseline":
      return ["baseline", ...where];
    case "doctor":
      return ["doctor", ...(command.install === true ? ["--install"] : [])];
    case "list":
      return ["list"];
    case "help":
      // The word, not `--help`: npx takes an option that follows the program's name for its own.
      return ["help"];
  }
}

/** In a repository whose own module is this one; elsewhere `-m MODULE` and `--source=.` are added. */
export const DAGGER_WORDS: DaggerWords = {
  door: "dagger",
  typed: (command) => ["dagger", ...daggerArguments(command)].join(" "),
};

function daggerArguments(command: Command): string[] {
  switch (command.name) {
    case "run":
      return ["call", command.goal, ...only(command.only)];
    case "plan":
      return ["call", "plan"];
    case "debug":
      return ["call", "debug", "--step", command.step, "terminal"];
    case "baseline":
      return ["call", "baseline", "export", "--path", "."];
    case "list":
      return ["functions"];
    case "help":
      return ["call", "--help"];
  }
}

function only(ids: readonly string[] | undefined): string[] {
  return ids === undefined || ids.length === 0 ? [] : ["--only", ids.join(",")];
}

/** The command's text, or nothing where this door has no such command. */
export function typedAt(words: Words, command: Command | HostCommand): string | undefined {
  if (words.door === "host") return words.typed(command);
  return command.name === "doctor" ? undefined : words.typed(command);
}

const DOORS: Readonly<Record<string, Words>> = { dagger: DAGGER_WORDS };

/** For a reader of evidence: `where` is that of its verdict. */
export function wordsOfRun(where: string): Words {
  return DOORS[where] ?? hostWords();
}
