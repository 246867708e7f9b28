/**
 * The evidence folder before a run: made if missing, emptied of older evidence, locked against a second run. Only a folder that holds
 * nothing but files of ours is ever cleared; in doubt nothing is touched.
 */
import { renameSync, rmSync } from "node:fs";
import { mkdir, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import type { Problem } from "../errors.ts";
import { messageOf, PipelineError } from "../errors.ts";
import { REPORTS } from "./report-names.ts";

/** Left behind by a killed run, it also tells that the folder is ours although no document was finished. */
const LOCK = ".voicekey-pipeline-running";
/** Keeps evidence out of git, and with it out of the source manifest of the next run. */
const IGNORE = ".gitignore";
const IGNORE_TEXT = "*\n";
const DOCUMENTS = ["plan.json", "verdict.json", "journal.jsonl"];
/** Older evidence on its way out. */
const OLD = ".voicekey-pipeline-old";
const OURS: ReadonlySet<string> = new Set([...DOCUMENTS, ...REPORTS, "steps", IGNORE, LOCK, OLD]);

export interface FolderOwner {
  readonly pid: number;
  /** Whether a process of this number runs on this machine. */
  readonly alive: (pid: number) => boolean;
}

/**
 * Makes `folder` ready for a run. Resolves with a function that gives up the lock and must be called when the run is over; until then older
 * evidence may still be on its way out.
 * Rejects with EVIDENCE_UNWRITABLE when the folder holds anything else than older evidence, when another run writes there, or on an I/O error.
 */
export async function prepareEvidenceFolder(folder: string, owner: FolderOwner): Promise<() => Promise<void>> {
  try {
    const names = await existing(folder);
    await refuseForeign(folder, names);
    await lock(folder, owner);
    try {
      const cleared = await clear(folder, names);
      return async () => {
        await cleared();
        await rm(join(folder, LOCK), { force: true });
      };
    } catch (error) {
      await rm(join(folder, LOCK), { force: true });
      throw error;
    }
  } catch (error) {
    if (error instanceof PipelineError) throw error;
    throw unwritable(folder, error);
  }
}

function unwritable(folder: string, error: unknown): PipelineError {
  return new PipelineError("EVIDENCE_UNWRITABLE", `${folder}: ${messageOf(error)}`, { cause: error });
}

async function existing(folder: string): Promise<string[]> {
  await mkdir(folder, { recursive: true });
  return (await readdir(folder)).sort();
}

async function refuseForeign(folder: string, names: readonly string[]): Promise<void> {
  const foreign = names.filter((name) => !OURS.has(name));
  if (foreign.length > 0) {
    throw notOurs(
      folder,
      foreign.slice(0, 10).map((name) => ({ message: "is not evidence of a run", file: join(folder, name) })),
    );
  }
  const holding = names.filter((name) => name !== IGNORE);
  if (holding.length === 0 || holding.includes(LOCK) || (await isEvidence(folder, holding))) return;
  throw notOurs(folder, [{ message: "none of plan.json, verdict.json, journal.jsonl in it is ours", file: folder }]);
}

/** Whether one of the documents is ours by its content, or nothing in the folder could be lost. */
async function isEvidence(folder: string, names: readonly string[]): Promise<boolean> {
  for (const name of DOCUMENTS.filter((d) => names.includes(d))) {
    const text = await readFile(join(folder, name), "utf8");
    if (isOurDocument(name, text)) return true;
  }
  const sizes = await Promise.all(names.map(async (name) => stat(join(folder, name))));
  return sizes.every((s) => s.isFile() && s.size === 0);
}

function isOurDocument(name: string, text: string): boolean {
  const value = parse(name.endsWith(".jsonl") ? (text.split("\n")[0] ?? "") : text);
  if (value === undefined) return false;
  if (name === "journal.jsonl") return value["type"] === "run-started" && isDigest(value["plan"]);
  return value["schema"] === 1 && isDigest(value[name === "plan.json" ? "digest" : "plan"]);
}

function parse(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

function isDigest(value: unknown): boolean {
  return typeof value === "string" && /^sha256:[0-9a-f]{64}$/.test(value);
}

async function lock(folder: string, owner: FolderOwner): Promise<void> {
  const file = join(folder, LOCK);
  const holder = Number.parseInt(await readFile(file, "utf8").catch(() => ""), 10);
  if (Number.isInteger(holder) && holder !== owner.pid && owner.alive(holder)) throw busy(folder, holder);
  // A lock of a dead process, or one it was killed before filling, is stale.
  await rm(file, { force: true });
  try {
    await writeFile(file, `${owner.pid}\n`, { flag: "wx" });
  } catch (error) {
    if (codeOf(error) === "EEXIST") throw busy(folder, undefined);
    throw error;
  }
}

/** Resolves when nothing of older evidence is in the way; the function, when it is gone. */
async function clear(folder: string, names: readonly string[]): Promise<() => Promise<void>> {
  for (const name of names.filter((n) => n !== LOCK && n !== "steps"))
    rmSync(join(folder, name), { recursive: true, force: true });
  const going = names.includes("steps") ? moveOut(folder) : Promise.resolve();
  await writeFile(join(folder, IGNORE), IGNORE_TEXT);
  return () => going;
}

/** Hundreds of small files take as long to remove as a run that changes nothing takes in all, so another thread does it beside the run. */
function moveOut(folder: string): Promise<void> {
  const old = join(folder, OLD);
  renameSync(join(folder, "steps"), old);
  const code =
    'require("node:fs").rmSync(require("node:worker_threads").workerData, { recursive: true, force: true });';
  const worker = new Worker(code, { eval: true, workerData: old });
  const gone = new Promise<void>((resolve, reject) => {
    worker.once("error", (error) => reject(unwritable(folder, error)));
    worker.once("exit", () => resolve());
  });
  gone.catch(() => undefined); // heard of when the folder is given back
  return gone;
}

function busy(folder: string, pid: number | undefined): PipelineError {
  const who = pid === undefined ? "another run" : `another run (process ${pid})`;
  return new PipelineError("EVIDENCE_UNWRITABLE", `${who} is writing its evidence to ${folder}`, {
    problems: [{ message: "wait for it to end, or name another folder with --evidence", file: folder }],
  });
}

function notOurs(folder: string, problems: readonly Problem[]): PipelineError {
  return new PipelineError("EVIDENCE_UNWRITABLE", `${folder} holds other files than evidence and was left as it is`, {
    problems,
  });
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
}
