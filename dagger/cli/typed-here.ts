/**
 * How this very command is typed where it runs: through npx where an installation is in reach, by name where PATH leads to it, else by its path.
 * Looks at the disk and starts nothing.
 */
import { existsSync, realpathSync } from "node:fs";
import { delimiter, dirname, isAbsolute, join, relative, sep } from "node:path";
import { type HostWords, hostWords, INSTALLED } from "../../src/command-words.ts";
import { hostVariable } from "../../src/exec/host/child-env.ts";
import type { HostEnv } from "../ports.ts";

const NAME = "voicekey-pipeline";

export interface Here {
  /** The file that node was given. */
  readonly script: string;
  /** The folder of the package that the file belongs to. */
  readonly packageRoot: string;
  readonly cwd: string;
  readonly env: HostEnv;
}

/** The words of the host door as this process was started; looked up when they are first needed. */
export function wordsHere(here: () => Here): () => HostWords {
  let words: HostWords | undefined;
  return () => {
    words ??= hostWords(programHere(here()));
    return words;
  };
}

export function programHere(here: Here): string {
  if (npxReaches(here)) return INSTALLED;
  if (pathLeadsTo(here)) return NAME;
  const short = relative(here.cwd, here.script);
  const file = short.startsWith(`..${sep}`) || isAbsolute(short) ? here.script : short;
  return `node ${/[^\w./:\\@+-]/.test(file) ? JSON.stringify(file) : file}`;
}

/** npx runs the package that the working folder belongs to, or the nearest installation on the way up. */
function npxReaches({ cwd, packageRoot, script }: Here): boolean {
  const own = real(packageRoot);
  const owner = above(cwd).find((folder) => existsSync(join(folder, "package.json")));
  if (owner !== undefined && real(owner) === own)
    return real(script)?.startsWith(join(own ?? "", "dist", sep)) === true;
  const nearest = above(cwd).find((folder) => existsSync(join(folder, "node_modules", ".bin", NAME)));
  return nearest !== undefined && real(join(nearest, "node_modules", NAME)) === own;
}

function pathLeadsTo({ env, script, packageRoot }: Here): boolean {
  const folders = (hostVariable(env, "PATH") ?? "").split(delimiter).filter(isAbsolute);
  const found = folders.find((folder) => existsSync(join(folder, NAME)) || existsSync(join(folder, `${NAME}.cmd`)));
  if (found === undefined) return false;
  // On Windows the file there is a script of npm's; the package lies beside it.
  return real(join(found, NAME)) === real(script) || real(join(found, "node_modules", NAME)) === real(packageRoot);
}

function above(folder: string): string[] {
  const up = dirname(folder);
  return up === folder ? [folder] : [folder, ...above(up)];
}

function real(path: string): string | undefined {
  try {
    return realpathSync(path);
  } catch {
    return undefined;
  }
}
