#!/usr/bin/env node
/**
 * Packs the command as other repositories install it: what it needs when it runs and nothing else, without a dependency, so that installing it
 * asks no registry and runs no script. Prints the tarball's SHA-256. The same commit on the same Node gives the same bytes.
 * Options: --outdir DIR (default: the working folder).
 */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { chmod, copyFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

/** What ships beside the built command. TypeScript is in it already. */
const SHIPS = ["src/steps", "src/toolchains", "src/exec", "dagger/contain.py", "schema", "docs"];
const PAGES = ["README.md", "LICENSE", "CHANGELOG.md", "SECURITY.md"];
/** Keys of package.json that count where the command is installed: its libraries are in dist/, and there is nothing to build. */
const KEYS = ["name", "version", "description", "license", "type", "engines", "bin"];
const OPTIONAL_SDK = ["peerDependencies", "peerDependenciesMeta"];

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const { values } = parseArgs({ options: { outdir: { type: "string", default: "." } } });
const outdir = resolve(values.outdir);
const work = await mkdtemp(join(tmpdir(), "voicekey-pack-"));
try {
  const stage = join(work, "package");
  const metafile = join(work, "meta.json");
  await mkdir(stage);
  const build = [join(root, "scripts/build.mjs"), "--outdir", join(stage, "dist"), "--metafile", metafile];
  execFileSync(process.execPath, build, { stdio: "inherit" });
  await writeFile(join(stage, "dist/LICENSES.txt"), await licences(metafile));
  for (const file of git("ls-files", "-z", "--", ...SHIPS, ...PAGES).split("\0")) {
    if (file === "" || file.endsWith(".ts")) continue;
    await mkdir(dirname(join(stage, file)), { recursive: true });
    await copyFile(join(root, file), join(stage, file));
  }
  await writeFile(join(stage, "package.json"), await manifest());
  await settleModes(stage);
  await mkdir(outdir, { recursive: true });
  const packed = execFileSync("npm", ["pack", "--silent", "--ignore-scripts", "--pack-destination", outdir], {
    cwd: stage,
    encoding: "utf8",
    // npm is a script of the shell on Windows.
    shell: process.platform === "win32",
  }).trim();
  const digest = createHash("sha256")
    .update(await readFile(join(outdir, packed)))
    .digest("hex");
  const changed =
    git("status", "--porcelain", "--untracked-files=no") === "" ? "" : ", with changes that are not committed";
  console.error(`commit ${git("rev-parse", "HEAD").trim()}${changed}`);
  console.log(`${digest}  ${packed}`);
} finally {
  await rm(work, { recursive: true, force: true });
}

function git(...args) {
  return execFileSync("git", args, { cwd: root, encoding: "utf8" });
}

async function manifest() {
  const whole = JSON.parse(await readFile(join(root, "package.json"), "utf8"));
  const kept = Object.fromEntries([...KEYS, ...OPTIONAL_SDK].map((key) => [key, whole[key]]));
  return `${JSON.stringify(kept, null, 2)}\n`;
}

/** The licences of the libraries that dist/ holds; they ask to be handed on with it. */
async function licences(metafile) {
  const { inputs } = JSON.parse(await readFile(metafile, "utf8"));
  const found = Object.keys(inputs).flatMap((file) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file)?.[0] ?? []);
  const texts = await Promise.all([...new Set(found)].map((folder) => licence(join(root, folder))));
  return texts.sort().join(`\n${"-".repeat(100)}\n\n`);
}

async function licence(folder) {
  const { name, version, license } = JSON.parse(await readFile(join(folder, "package.json"), "utf8"));
  const file = (await readdir(folder)).sort().find((f) => /^licen[cs]e/i.test(f));
  const text = file === undefined ? "" : `\n${(await readFile(join(folder, file), "utf8")).trim()}\n`;
  return `${name} ${version}: ${license}\n${text}`;
}

/** A tarball holds modes, and those of a working folder depend on whose it is. */
async function settleModes(stage) {
  for (const entry of await readdir(stage, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    await chmod(path, entry.isDirectory() || path === join(stage, "dist/voicekey-pipeline.mjs") ? 0o755 : 0o644);
  }
}
