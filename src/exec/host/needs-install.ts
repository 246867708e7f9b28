/**
 * Runs the cures of what a machine lacks: the only module that installs anything on a machine, and only `doctor --install` calls it.
 * Whether a cure helped is found out by examining again; here only its own last words are kept.
 */
import { PipelineError } from "../../errors.ts";
import type { NeedId } from "./needs.ts";
import type { Need } from "./needs-examine.ts";
import type { Machine } from "./needs-machine.ts";
import { aptArguments, type Cure } from "./needs-remedies.ts";

export class Installer {
  readonly #machine: Machine;
  readonly #say: (line: string) => void;
  #updated: Promise<string | undefined> | undefined;
  /** Two needs may have one cure. */
  readonly #tried = new Map<string, Promise<string | undefined>>();

  /** `say` is told what is run, before it is. */
  constructor(machine: Machine, say: (line: string) => void) {
    this.#machine = machine;
    this.#say = say;
  }

  /** Tries the cure of every need that lacks and has one, in their order. What failed, by need, in the words of what failed. */
  async install(needs: readonly Need[], signal: AbortSignal): Promise<Map<NeedId, string>> {
    const failed = new Map<NeedId, string>();
    for (const need of needs) {
      if (need.found !== null || need.remedy === undefined) continue;
      const { command, cure } = need.remedy;
      if (cure === undefined) {
        if (typeof command === "string" && command.startsWith("sudo "))
          this.#say(`${need.id}: not run, since this is not root: ${command}`);
        continue;
      }
      signal.throwIfAborted();
      const what = described(cure);
      let trying = this.#tried.get(what);
      if (trying === undefined) {
        this.#say(`${need.id}: ${what}`);
        trying = this.#run(cure, signal);
        this.#tried.set(what, trying);
      }
      const words = await trying;
      if (words !== undefined) failed.set(need.id, words);
    }
    return failed;
  }

  /** Undefined where it went well. */
  async #run(cure: Cure, signal: AbortSignal): Promise<string | undefined> {
    switch (cure.by) {
      case "apt":
        return this.#apt(cure.aptGet, cure.packages, signal);
      case "uv-python":
        return this.#machine.fetchPython(cure.version, signal).catch(wordsOf);
      case "fetch-uv":
        return this.#machine.fetchUv(signal).then(() => undefined, wordsOf);
    }
  }

  async #apt(aptGet: string, packages: readonly string[], signal: AbortSignal): Promise<string | undefined> {
    this.#updated ??= this.#machine
      .install([aptGet, "update"], signal)
      .then((ran) => (ran.ok ? undefined : `apt-get update: ${ran.words}`));
    // Old lists may still do: what apt-get install says decides.
    const outdated = await this.#updated;
    const ran = await this.#machine.install([aptGet, ...aptArguments(packages)], signal);
    if (ran.ok) return undefined;
    return [outdated, `apt-get install: ${ran.words}`].filter((w) => w !== undefined).join("\n");
  }
}

/** A need that could not be cured says so, in the words of the cure; what just failed is no remedy any more. */
export function withFailures(needs: readonly Need[], failed: ReadonlyMap<NeedId, string>): Need[] {
  return needs.map((need) => {
    const words = failed.get(need.id);
    if (words === undefined || need.found !== null) return need;
    const { remedy: _failed, ...rest } = need;
    return {
      ...rest,
      note: [`It was tried and failed: ${words}`, need.note].filter((n) => n !== undefined).join("\n"),
    };
  });
}

function described(cure: Cure): string {
  switch (cure.by) {
    case "apt":
      return `apt-get ${aptArguments(cure.packages).join(" ")}`;
    case "uv-python":
      return `uv python install ${cure.version}`;
    case "fetch-uv":
      return "pip install of the pinned uv, into the cache folder";
  }
}

/** A broken machine or an unreachable index is what is reported here; anything else is a bug or the user's interruption. */
function wordsOf(error: unknown): string {
  if (error instanceof PipelineError) return error.message;
  throw error;
}
