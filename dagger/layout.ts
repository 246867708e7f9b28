/**
 * Where things stand in a container of the Dagger door, and what contain.py is told of an action there. Names and data only; nothing here talks
 * to an engine.
 */
import { posix } from "node:path";
import type { Action, Arg } from "../src/exec/action.ts";
import { COMMAND_USER } from "../src/exec/host/child-env.ts";
import { leadingEnvironment } from "../src/exec/host/command-line.ts";

/** Owned by root: the command writes below its work folder, and cannot forge how it ended. */
const PLACE = "/voicekey";
const WORK = `${PLACE}/work`;
/** What is left of an action: record, streams and outputs, to be exported as one folder. */
export const RESULT = `${PLACE}/result`;
export const CONTAIN = "/contain/contain.py";
/** The folder with uv, in containers that build environments or install a project. */
export const UV = "/opt/uv";
/** Commands run as this user and group: an engine may have to grant root all capabilities to cut the network. */
const UID = 65532;
export const OWNER = `${UID}:${UID}`;

export const inputFolder = (name: string): string => posix.join(WORK, "in", name);
export const environmentFolder = (name: string): string => posix.join("/env", name);
export const projectFolder = (environment: string): string => posix.join("/projects", environment);

/** The argument of contain.py. `cut`: the engine grants what cutting the network needs. */
export function workOf(action: Action, keep: readonly string[], cut: boolean): string {
  const from = action.cwd === undefined ? WORK : inputFolder(action.cwd);
  return JSON.stringify({
    place: PLACE,
    argv: action.argv.map((arg) => token(arg, from)),
    cwd: posix.relative(WORK, from),
    env: { ...baseVariables(), PATH: searchPath(action), ...action.env },
    keep,
    uid: UID,
    timeout: action.timeoutSeconds,
    cut,
    outputs: action.outputs,
    uv: `${UV}/bin/uv`,
    projects: withProject(action).map((name) => [environmentFolder(name), projectFolder(name)]),
  });
}

/** The environments that the application's wheel is installed in. */
export function withProject({ toolchain }: Action): string[] {
  return Object.entries(toolchain.environments).flatMap(([name, e]) => (e.project === undefined ? [] : [name]));
}

/** What a process needs to start, under every action's own variables. */
function baseVariables(): Record<string, string> {
  return { HOME: posix.join(WORK, "home"), TMPDIR: posix.join(WORK, "tmp"), LANG: "C.UTF-8", USER: COMMAND_USER };
}

/** Where the command finds programs: in the environment of the first tool that it names, as on the host, then in the image. */
function searchPath(action: Action): string {
  const leading = leadingEnvironment(action);
  const programs = leading === undefined ? [] : [posix.join(environmentFolder(leading), "bin")];
  return [...programs, "/usr/local/bin", "/usr/bin", "/bin"].join(":");
}

function token(arg: Arg, from: string): string {
  if (typeof arg === "string") return arg;
  if ("tool" in arg) return posix.join(environmentFolder(arg.env), "bin", arg.tool);
  const folder = "in" in arg ? inputFolder(arg.in) : posix.join(WORK, "out", arg.out);
  const relative = posix.relative(from, posix.join(folder, arg.path ?? "")) || ".";
  return `${arg.prefix ?? ""}${relative}`;
}
