/**
 * What is measured, as the plan says it and as the judge expects it back: a pure function of the context, so that both agree.
 */

import type { SpeechApp } from "../../config/model.ts";
import { canonicalJson, sha256Hex } from "../../digest.ts";
import type { BaseFiles, StepContext } from "../step.ts";
import type { Side } from "./records.ts";

/** What an application with a `listen` command is. */
export type Listening = SpeechApp & Required<Pick<SpeechApp, "listen">>;

/** The application's commands, or why there is nothing to measure. */
export function listening(context: StepContext): { readonly app: Listening } | { readonly why: string } {
  const { app } = context.config.checks["asr-smoke"];
  if (app === undefined) return { why: "there is nothing to measure: `asr-smoke` names no command of the application" };
  const { listen } = app;
  if (listen === undefined) return { why: "there is nothing to measure: `asr-smoke.app` has no `listen`" };
  return { app: { ...app, listen } };
}

/** The base to compare with, or why there is none. */
export function baseOf({ base, config }: StepContext): { readonly base: BaseFiles } | { readonly why: string } {
  if (base === undefined) return { why: "there is no merge base" };
  if (!base.changed.some((path) => mayEnterPackage(path, config))) return { why: "nothing of the package changed" };
  const { lock, buildLock } = config.python;
  const lacking = ["pyproject.toml", lock, buildLock].filter((path) => path !== undefined && !base.has(path));
  if (lacking.length > 0) return { why: `the merge base has no ${lacking.join(" and no ")}` };
  return { base };
}

/**
 * Which version begins each pair: in blocks of two, one begun by each, so that what drifts evenly or favours the first weighs on both; which
 * one begins a block is drawn by a seed that any two machines with the same plan share.
 */
export function orderOf(context: StepContext): Side[] {
  const { kinds, pairs } = context.config.checks["perf-smoke"];
  const seed = canonicalJson({ app: context.config.app.name, kinds, pairs });
  return Array.from({ length: pairs }, (_, pair) => {
    const drawn = Number.parseInt(sha256Hex(`${seed} ${Math.floor(pair / 2)}`).slice(0, 2), 16) % 2;
    return (drawn + pair) % 2 === 0 ? "change" : "base";
  });
}

/**
 * Only what surely stays outside is left out: the tests of the config, where they lie outside the packages, and files whose path begins with a
 * dot. All others may be built in or be read by the build; whether they were, the harness sees by comparing the wheels.
 */
function mayEnterPackage(path: string, { checks, python }: StepContext["config"]): boolean {
  if (path.startsWith(".")) return false;
  const folders = python.packages.map((name) => `/${name.replaceAll(".", "/")}/`);
  if (folders.some((folder) => `/${path}`.includes(folder))) return true;
  const tests = [...checks["unit-tests"].paths, ...checks["integration-smoke"].paths, ...checks["asr-smoke"].tests];
  return !tests.some((top) => top !== "." && path.startsWith(`${top}/`));
}
