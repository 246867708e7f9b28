/** What the engine refuses of a question itself: streams of nothing, exports to places that cannot take them, contents past its limit. */
import { resolve } from "node:path";
import type { Call } from "./graph.ts";
import { refuse } from "./refuse.ts";
import type { Rule, Rules } from "./rules.ts";
import { kindOnDisk } from "./told.ts";

/** Most bytes of a file that `contents` gives. */
const CONTENTS_LIMIT = 128 * 1024 * 1024;

const somethingRan: Rule = ({ before }) => {
  if (!before.some((c) => c.field === "withExec")) refuse("exec-none");
};

const fileTarget: Rule = ({ at, settings }) => {
  const path = resolve(settings.cwd ?? process.cwd(), String(at.args["path"]));
  if (at.args["allowParentDirPath"] !== true && kindOnDisk(path) === "directory")
    refuse("export-file-on-directory", { path });
};

const directoryTarget: Rule = ({ at, settings }) => {
  const path = resolve(settings.cwd ?? process.cwd(), String(at.args["path"]));
  if (kindOnDisk(path) === "file") refuse("export-directory-on-file", { path });
};

export const OF_ANSWERS: Rules = {
  "Container.exitCode": [somethingRan],
  "Container.stdout": [somethingRan],
  "Container.stderr": [somethingRan],
  "Container.combinedOutput": [somethingRan],
  "File.export": [fileTarget],
  "Directory.export": [directoryTarget],
};

/** A file's content as the engine gives it: JSON text, so bytes that are no UTF-8 are lost. Only the whole of it is refused for its size. */
export function givenContents(value: unknown, args: Call["args"]): unknown {
  if (typeof value !== "string" && !(value instanceof Uint8Array)) return value;
  const size = typeof value === "string" ? Buffer.byteLength(value) : value.length;
  const whole = args["offsetLines"] === undefined && args["limitLines"] === undefined;
  if (whole && size > CONTENTS_LIMIT) refuse("contents-too-large");
  return typeof value === "string" ? value : Buffer.from(value).toString("utf8");
}
