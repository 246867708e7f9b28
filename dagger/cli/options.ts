/**
 * From what was typed to values: every wrong value of a command line is reported at once. Pure; commander has already split the words.
 */
import { resolve } from "node:path";
import type { Problem } from "../../src/errors.ts";
import { PipelineError } from "../../src/errors.ts";
import type { OpenOptions } from "./session-port.ts";

/** As commander hands them over: undefined where not given. */
export interface RawOptions {
  readonly source?: string;
  readonly config?: string;
  readonly evidence?: string;
  readonly only?: readonly string[];
  readonly skip?: readonly string[];
  readonly strict?: boolean;
  readonly base?: string;
  readonly jobs?: string;
  /** False for `--no-cache`. */
  readonly cache?: boolean;
  /** False for `--no-prove`. */
  readonly prove?: boolean;
  readonly changed?: boolean;
  readonly failFast?: boolean;
  readonly json?: boolean;
  readonly on?: string;
  readonly install?: boolean;
}

export interface RunOptionsRead {
  readonly open: OpenOptions;
  /** Absolute. */
  readonly evidence: string;
  readonly strict: boolean;
  readonly jobs: number;
  readonly readCache: boolean;
  readonly failFast: boolean;
  readonly json: boolean;
  readonly on: "host" | "dagger";
}

export interface Surroundings {
  readonly cwd: string;
  readonly jobs: number;
}

/** A gate that is required may leave nothing out. */
const STRICT_IS_WHOLE: Problem = {
  message: "a strict run is a whole one: --strict and --changed contradict each other",
  remedy: "Leave one of them out.",
};

const MOST_JOBS = 256;

/** Rejects with one USAGE error that holds every wrong value. */
export function readOptions(raw: RawOptions, around: Surroundings): RunOptionsRead {
  const problems: Problem[] = [];
  const read: RunOptionsRead = {
    open: {
      source: resolve(around.cwd, nonEmpty("--source", raw.source, problems) ?? "."),
      ...(raw.config === undefined
        ? {}
        : { configFile: resolve(around.cwd, nonEmpty("--config", raw.config, problems) ?? ".") }),
      ...(raw.base === undefined ? {} : { base: nonEmpty("--base", raw.base, problems) ?? "" }),
      only: idList("--only", raw.only, problems),
      skip: idList("--skip", raw.skip, problems),
      prove: raw.prove ?? true,
      proofsOnly: false,
      ...(raw.changed === true ? { changed: true } : {}),
    },
    evidence: resolve(around.cwd, nonEmpty("--evidence", raw.evidence, problems) ?? "evidence"),
    strict: raw.strict ?? false,
    jobs: jobs(raw.jobs, around.jobs, problems),
    readCache: raw.cache ?? true,
    failFast: raw.failFast ?? false,
    json: raw.json ?? false,
    on: raw.on === "dagger" ? "dagger" : "host",
  };
  if (raw.on !== undefined && raw.on !== "dagger" && raw.on !== "host") {
    problems.push({ message: `--on “${raw.on}” is neither host nor dagger` });
  }
  if (read.strict && read.open.changed === true) problems.push(STRICT_IS_WHOLE);
  if (problems.length > 0) throw usage(problems);
  return read;
}

export function usage(problems: readonly Problem[]): PipelineError {
  const n = problems.length;
  return new PipelineError("USAGE", n === 1 ? "one value is not allowed" : `${n} values are not allowed`, { problems });
}

/** Collects a repeatable `--only a,b --only c`. */
export function collectIds(value: string, before: readonly string[] | undefined): string[] {
  return [...(before ?? []), ...value.split(",").map((id) => id.trim())];
}

function idList(name: string, ids: readonly string[] | undefined, problems: Problem[]): string[] {
  if (ids === undefined) return [];
  if (ids.some((id) => id === "")) problems.push({ message: `${name} names an empty id` });
  return [...new Set(ids)];
}

function nonEmpty(name: string, value: string | undefined, problems: Problem[]): string | undefined {
  if (value === "") problems.push({ message: `${name} is empty` });
  return value;
}

function jobs(value: string | undefined, fallback: number, problems: Problem[]): number {
  if (value === undefined) return fallback;
  const n = /^\d+$/.test(value) ? Number(value) : 0;
  if (n < 1 || n > MOST_JOBS)
    problems.push({ message: `--jobs “${value}” is not a whole number from 1 to ${MOST_JOBS}` });
  return n;
}
