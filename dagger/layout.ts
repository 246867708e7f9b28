/**
 * Where things stand in a container of the Dagger door, and how an action's tokens become its command line there.
 * Names only; nothing here talks to an engine.
 */
import { posix } from "node:path";
import type { Action, Arg } from "../src/exec/action.ts";
import { COMMAND_USER } from "../src/exec/host/child-env.ts";
import { leadingEnvironment } from "../src/exec/host/command-line.ts";

export const WORK = "/voicekey";
/** Environments, each at `<ENVIRONMENTS>/<name>`: a stable path, because scripts in an environment hold it. */
export const ENVIRONMENTS = "/env";
/** The wrapper and its record; owned by root, so the command cannot forge how it ended. */
export const CONTAIN = "/contain";
export const RESULT = `${CONTAIN}/result.json`;
export const CACHE = "/cache";
/** Commands run as this user and group: an engine may have to grant root all capabilities to cut the network. */
export const UID = 65532;
export const OWNER = `${UID}:${UID}`;

export const inputFolder = (name: string): string => posix.join(WORK, "in", name);
export const outputFolder = (name: string): string => posix.join(WORK, "out", name);
export const workFolder = (action: Action): string => (action.cwd === undefined ? WORK : inputFolder(action.cwd));

/** What a process needs to start, under every action's own variables. Its search path is set apart from them. */
export function baseVariables(): Record<string, string> {
  return { HOME: posix.join(WORK, "home"), TMPDIR: posix.join(WORK, "tmp"), LANG: "C.UTF-8", USER: COMMAND_USER };
}

/** Where the command finds programs: in the environment of the first tool that it names, as on the host, then in the image. */
export function searchPath(action: Action): string {
  const leading = leadingEnvironment(action);
  const programs = leading === undefined ? [] : [posix.join(ENVIRONMENTS, leading, "bin")];
  return action.env["PATH"] ?? [...programs, "/usr/local/bin", "/usr/bin", "/bin"].join(":");
}

/** The command line: tokens become paths relative to the folder that the command starts in. */
export function commandLine(action: Action): string[] {
  const from = workFolder(action);
  return action.argv.map((arg) => token(arg, from));
}

function token(arg: Arg, from: string): string {
  if (typeof arg === "string") return arg;
  if ("tool" in arg) return posix.join(ENVIRONMENTS, arg.env, "bin", arg.tool);
  const folder = "in" in arg ? inputFolder(arg.in) : outputFolder(arg.out);
  const relative = posix.relative(from, posix.join(folder, arg.path ?? "")) || ".";
  return `${arg.prefix ?? ""}${relative}`;
}
