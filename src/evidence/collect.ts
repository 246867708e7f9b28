/**
 * Takes what actions left behind into the evidence folder and gives judges their read-only view of exactly that.
 * Hashing happens here, after export, so that it is the same code whatever executor ran the action.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join, posix } from "node:path";
import type { ActionResult, Executor } from "../exec/executor.ts";
import { hashFile } from "../exec/hash-file.ts";
import type { JudgedAction } from "../steps/step.ts";
import type { EvidenceFile } from "./verdict.ts";

/** Bytes of a file that a judge may read: no tool writes a larger report, and a larger string could end the process. */
const READABLE = 64 * 1024 * 1024;

/** `unit-tests@3.11` → `steps/unit-tests/3.11`. */
export function stepFolder(key: string): string {
  return posix.join("steps", ...key.split("@"));
}

/** Writes outputs and streams of one action below `<evidence>/<folder>` and returns the judge's view of them. A silent stream leaves no file. */
export async function collectAction<Tree>(
  executor: Pick<Executor<Tree>, "export">,
  result: ActionResult<Tree>,
  evidence: string,
  folder: string,
): Promise<JudgedAction> {
  const target = join(evidence, folder);
  mkdirSync(target, { recursive: true });
  if (result.stdout !== "") writeFileSync(join(target, "stdout.txt"), result.stdout);
  if (result.stderr !== "") writeFileSync(join(target, "stderr.txt"), result.stderr);
  await Promise.all(Object.entries(result.outputs).map(([name, tree]) => executor.export(tree, join(target, name))));
  return {
    status: result.status,
    stdout: result.stdout,
    stderr: result.stderr,
    files: (output) => listFiles(join(target, output)),
    read: (output, path) => {
      const file = join(target, output, path);
      const size = statSync(file, { throwIfNoEntry: false })?.size;
      return size === undefined || size > READABLE ? undefined : readFileSync(file, "utf8");
    },
  };
}

/** Every file below `<evidence>/<folder>` with its hash, sorted by path. */
export async function evidenceFiles(evidence: string, folder: string): Promise<EvidenceFile[]> {
  const files = listFiles(join(evidence, folder)).map((path) => posix.join(folder, path));
  return Promise.all(files.map(async (path) => ({ path, sha256: (await hashFile(join(evidence, path))).sha256 })));
}

function listFiles(folder: string): string[] {
  if (!existsSync(folder)) return [];
  const found: string[] = [];
  const walk = (inner: string): void => {
    for (const item of readdirSync(join(folder, inner), { withFileTypes: true })) {
      const path = posix.join(inner, item.name);
      if (item.isDirectory()) walk(path);
      else if (item.isFile()) found.push(path);
    }
  };
  walk("");
  return found.sort();
}
