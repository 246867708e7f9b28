/** Answers the exports of a stand-in engine: which files a folder of a container holds, the test says; they are really written. */
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { RESULT } from "../../dagger/layout.ts";
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

/** What the wrapper leaves of a command. */
export function resultFiles(record: string, more: Files = {}): Files {
  return { "record.json": record, stdout: "", stderr: "", ...more };
}

/** Whether these calls made the folder that a command's result is taken from. */
export function isResult(calls: readonly Call[]): boolean {
  const last = calls.findLast((c) => c.field !== "sync");
  return last?.field === "directory" && last.args["path"] === RESULT;
}

function writeAll(folder: string, files: Files): void {
  mkdirSync(folder, { recursive: true });
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), content);
  }
}
