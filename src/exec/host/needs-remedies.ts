/**
 * The command that cures a need on a machine of this kind, as a person would type it and as `--install` runs it, and what else a person can do
 * where no single command does it. Pure; runs nothing.
 */
import type { Command, HostCommand } from "../../command-words.ts";

/** What kind of machine it is, as far as installing goes. `aptGet`: absolute path of the program. */
export type System =
  | { readonly kind: "debian"; readonly aptGet: string; readonly root: boolean }
  | { readonly kind: "windows" }
  | { readonly kind: "other" };

/** What `--install` does. */
export type Cure =
  | { readonly by: "apt"; readonly aptGet: string; readonly packages: readonly string[] }
  | { readonly by: "uv-python"; readonly version: string }
  | { readonly by: "fetch-uv" };

export interface Remedy {
  /** A command of ours is data: how it is typed depends on where it is read. */
  readonly command: string | Command | HostCommand;
  /** Absent: a person has to run the command. */
  readonly cure?: Cure;
}

export interface Advice {
  readonly remedy?: Remedy;
  readonly note?: string;
}

/** Names of one thing for the package managers that are known here. */
interface PackageNames {
  /** For people, where no command is known. */
  readonly what: string;
  readonly debian: readonly string[];
  readonly winget?: string;
}

export const GIT: PackageNames = { what: "git", debian: ["git"], winget: "Git.Git" };
// Debian's Python comes without venv, and without either that or pip it cannot fetch uv.
export const PYTHON: PackageNames = {
  what: "Python 3.10 or newer (and its pip or venv)",
  debian: ["python3", "python3-venv"],
  winget: "Python.Python.3.12",
};
export const BUBBLEWRAP: PackageNames = { what: "bubblewrap", debian: ["bubblewrap"] };

/** How a program is installed from the system's own packages. */
export function systemPackage(names: PackageNames, system: System): Advice {
  switch (system.kind) {
    case "debian":
      return { remedy: apt(names.debian, system) };
    case "windows":
      return names.winget === undefined
        ? { note: `There is no ${names.what} for Windows.` }
        : { remedy: { command: `winget install --exact --id ${names.winget}` } };
    case "other":
      return { note: `Install ${names.what} with this system's package manager.` };
  }
}

export function debianPackage(name: string, system: System): Advice {
  if (system.kind === "debian") return { remedy: apt([name], system) };
  return { note: "This is the name of a Debian package, and this machine has no apt-get: install what it stands for." };
}

/** A certain Python, which uv fetches into the cache folder. */
export function certainPython(version: string, system: System): Advice {
  const others =
    system.kind === "windows"
      ? `\`winget install --exact --id Python.Python.${version}\`, or \`py install ${version}\` with the Python install manager`
      : "a package of the distribution where it has one, or `pyenv install` (found below ~/.pyenv)";
  return {
    remedy: { command: INSTALL, cure: { by: "uv-python", version } },
    note: `uv fetches it into the cache folder, where that download is reachable. Else: ${others}.`,
  };
}

export function uvItself(): Advice {
  return {
    remedy: { command: INSTALL, cure: { by: "fetch-uv" } },
    note: "The first run fetches it from the package index by pip, checked against its hashes.",
  };
}

const INSTALL: HostCommand = { name: "doctor", install: true };

/**
 * Arguments of apt-get; the same that `remedy.command` shows. Names come from a config, and apt-get takes a name that it does not know for a
 * pattern, and one that ends in a hyphen for something to remove.
 */
export function aptArguments(packages: readonly string[]): string[] {
  const careful = ["--no-install-recommends", "--no-remove", "-o", "APT::Cmd::Pattern-Only=true"];
  return ["install", "-y", ...careful, ...packages];
}

function apt(packages: readonly string[], system: Extract<System, { kind: "debian" }>): Remedy {
  const command = `apt-get ${aptArguments(packages).join(" ")}`;
  if (!system.root) return { command: `sudo ${command}` };
  return { command, cure: { by: "apt", aptGet: system.aptGet, packages } };
}
