/** A shell for a person in the place of a command. Prepares nothing. */
import type { HostEnv } from "./child-env.ts";
import { hostVariable } from "./child-env.ts";
import { runInTerminal } from "./guarded.ts";
import type { Prepared } from "./preparation.ts";

export interface ShellOptions {
  /** Ends the preparation, not the shell. */
  readonly signal: AbortSignal;
  /** Receives what a person should read before the shell starts. */
  readonly print: (text: string) => void;
}

/** Resolves with the shell's exit status. */
export async function openShell(prepared: Prepared, hostEnv: HostEnv, options: ShellOptions): Promise<number> {
  const { windows } = prepared.guard;
  const shell = windows
    ? (hostVariable(hostEnv, "COMSPEC") ?? "cmd.exe")
    : (hostVariable(hostEnv, "SHELL") ?? "/bin/sh");
  options.print(`in ${prepared.command.cwd}; the step would run:`);
  options.print(`  ${prepared.command.argv.map((word) => quoted(word, windows)).join(" ")}`);
  const terminal = hostVariable(hostEnv, "TERM");
  const env = { ...prepared.command.env, ...(terminal === undefined ? {} : { TERM: terminal }) };
  return runInTerminal(prepared.guard, { ...prepared.command, argv: [shell], env });
}

function quoted(word: string, windows: boolean): string {
  if (/^[\w@%+=:,./\\-]+$/.test(word)) return word;
  return windows ? `"${word.replaceAll('"', '\\"')}"` : `'${word.replaceAll("'", "'\\''")}'`;
}
