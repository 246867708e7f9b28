/** Repositories of any shape in a temporary folder, and what loading their config says. */
import { mkdir, mkdtemp, realpath, rm, symlink, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { afterEach } from "vitest";
import { hostWords } from "../../src/command-words.ts";
import { type LoadedConfig, loadConfig } from "../../src/config/load.ts";
import { PipelineError, renderError } from "../../src/errors.ts";

/** Path → text, bytes, a symbolic link, or an empty folder. */
export type Tree = Readonly<
  Record<string, string | Uint8Array | { readonly link: string } | { readonly folder: true }>
>;

const made: string[] = [];

afterEach(async () => {
  for (const folder of made.splice(0)) await rm(folder, { recursive: true, force: true });
});

export async function repository(tree: Tree): Promise<string> {
  const folder = await realpath(await mkdtemp(path.join(os.tmpdir(), "voicekey-config-")));
  made.push(folder);
  for (const [name, content] of Object.entries(tree)) {
    const file = path.join(folder, name);
    await mkdir(path.dirname(file), { recursive: true });
    if (typeof content === "string" || content instanceof Uint8Array) await writeFile(file, content);
    else if ("link" in content) await symlink(content.link, file);
    else await mkdir(file, { recursive: true });
  }
  return folder;
}

export async function load(tree: Tree, options: { source?: string; configFile?: string } = {}): Promise<LoadedConfig> {
  const folder = await repository(tree);
  return await loadAt(folder, options);
}

export async function loadAt(
  folder: string,
  options: { source?: string; configFile?: string } = {},
): Promise<LoadedConfig> {
  const configFile = options.configFile === undefined ? {} : { configFile: options.configFile };
  return await loadConfig({ sourceDir: path.join(folder, options.source ?? "."), repository: folder, ...configFile });
}

/** The whole error as the user sees it, the temporary folder replaced by `<repository>`. */
export async function complaint(tree: Tree, options: { source?: string; configFile?: string } = {}): Promise<string> {
  const folder = await repository(tree);
  return await complaintAt(folder, options);
}

export async function complaintAt(
  folder: string,
  options: { source?: string; configFile?: string } = {},
): Promise<string> {
  try {
    await loadAt(folder, options);
  } catch (error) {
    if (error instanceof PipelineError) return renderError(error, hostWords()).replaceAll(folder, "<repository>");
    throw error;
  }
  return "no error";
}

/** The smallest application that needs nothing said. */
export const APP: Tree = {
  "pyproject.toml": '[project]\nname = "voice"\nrequires-python = ">=3.11"\n',
  "src/voice/__init__.py": "",
  "tests/unit/test_voice.py": "",
};
