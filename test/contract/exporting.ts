/** Answers the exports of a stand-in engine: which files a folder of a container holds, the test says; they are really written. */
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { RESULTS } from "../../dagger/layout.ts";
import type { Answer, Engine } from "./engine.ts";
import type { Call } from "./graph.ts";
import { flat } from "./recipe.ts";

/** Path → content. */
export type Files = Readonly<Record<string, string | Uint8Array>>;

/** `files` is asked about each Directory that an export merges, by the calls that made it; undefined is an empty folder. */
export function exporting(files: (calls: readonly Call[], engine: Engine) => Files | undefined): Answer {
  return (chain, engine) => {
    const calls = flat(chain, engine.ids);
    const last = calls.at(-1);
    if (last?.field !== "export") return undefined;
    const to = String(last.args["path"]);
    for (const { field, args } of calls) {
      if (field !== "withDirectory") continue;
      const source = engine.ids.get(String(args["source"]));
      const left = source === undefined ? undefined : files(flat(source, engine.ids), engine);
      writeAll(join(to, String(args["path"])), left ?? {});
    }
    return to;
  };
}

/** What the wrapper is told of one action. */
export interface Work {
  readonly argv: readonly string[];
  readonly outputs: readonly string[];
  readonly [name: string]: unknown;
}

/** The works of a container's last command. */
export function worksIn(calls: readonly Call[]): Work[] {
  const args = (calls.findLast((c) => c.field === "withExec")?.args["args"] ?? []) as string[];
  return args.filter((arg) => arg.startsWith('{"place"')).map((arg) => JSON.parse(arg) as Work);
}

/** What the wrapper leaves of its works. */
export function resultFiles(works: readonly Work[], left: (work: Work) => Files): Files {
  const files: Record<string, string | Uint8Array> = {};
  for (const work of works)
    for (const [path, content] of Object.entries({ stdout: "", stderr: "", ...left(work) }))
      files[`${String(work["result"]).replace(`${RESULTS}/`, "")}/${path}`] = content;
  return files;
}

/** Whether these calls made the folder that a command's result is taken from. */
export function isResult(calls: readonly Call[]): boolean {
  const last = calls.findLast((c) => c.field !== "sync");
  return last?.field === "directory" && last.args["path"] === RESULTS;
}

function writeAll(folder: string, files: Files): void {
  mkdirSync(folder, { recursive: true });
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), content);
  }
}
