/**
 * What a test's `answer` tells of objects that the stand-in never computes, asked in the engine's own words: `exitCode` of an exec, `stat` of a
 * path. The chain that is asked holds no `node(id)`. A test that answers undefined tells nothing, and nothing is refused for it.
 */
import { statSync } from "node:fs";
import { resolve } from "node:path";
import type { Answer } from "./engine.ts";
import { type Call, expanded } from "./graph.ts";

/** What is at a path. */
export type Kind = "file" | "directory" | "absent" | "unknown";

/** Answers a question about an object: the calls that made it, then the question. */
export type Ask = (calls: readonly Call[], question: Call) => Promise<unknown>;

/** An exec ends with 0 unless the test says otherwise. */
export async function statusOf(exec: readonly Call[], ask: Ask): Promise<number> {
  const told = await ask(exec, { field: "exitCode", args: {} });
  return typeof told === "number" ? told : 0;
}

export async function streamOf(exec: readonly Call[], name: "stdout" | "stderr", ask: Ask): Promise<string> {
  const told = await ask(exec, { field: name, args: {} });
  return typeof told === "string" ? told : "";
}

export async function textOf(container: readonly Call[], path: string, ask: Ask): Promise<string | undefined> {
  const told = await ask([...container, { field: "file", args: { path } }], { field: "contents", args: {} });
  return typeof told === "string" ? told : undefined;
}

export async function statOf(object: readonly Call[], path: string, ask: Ask): Promise<Kind> {
  const told = await ask(object, { field: "stat", args: { path } });
  return told === "file" || told === "directory" || told === "absent" ? told : "unknown";
}

/** Ties folders of the host and of the module's workdir to this machine's, relative ones below `cwd`; anything else the other answer tells. */
export function onDisk(cwd: string, other: Answer = () => undefined): Answer {
  return (chain, engine) => {
    const [root, at, ...rest] = expanded(chain, engine.ids);
    const [question] = rest;
    const host = root?.field === "host" || (root?.field === "currentModule" && /^workdir/.test(at?.field ?? ""));
    if (!host || question?.field !== "stat" || rest.length > 1) return other(chain, engine);
    const loaded = engine.contents.kindAt(String(at?.args["path"]), String(question.args["path"]));
    if (loaded !== undefined) return loaded;
    return kindOnDisk(resolve(cwd, String(at?.args["path"]), String(question.args["path"])));
  };
}

export function kindOnDisk(path: string): Kind {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined) return "absent";
  return found.isDirectory() ? "directory" : "file";
}
