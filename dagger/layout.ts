/**
 * Where things stand in a container of the Dagger door, and what contain.py is told of an action there. Names and data only; nothing here talks
 * to an engine.
 */
import { posix } from "node:path";
import type { Action, Arg } from "../src/exec/action.ts";
import { COMMAND_USER } from "../src/exec/host/child-env.ts";
import { leadingEnvironment } from "../src/exec/host/command-line.ts";

/** The results of a container, one folder for each action, to be exported together: `<RESULTS>/<number>`. */
export const RESULTS = "/results";
export const CONTAIN = "/contain/contain.py";
/** The folder with uv, in containers that build environments or install a project. */
export const UV = "/opt/uv";
/** Where every user of a container may write. */
export const SHARED = "/tmp:/var/tmp:/dev/shm";
/** Commands run as this user and group: an engine may have to grant root all capabilities to cut the network. */
const UID = 65532;

/** One of the actions of a container, by its number there: everything of it is in places of its own. */
export class Seat {
  readonly #number: number;
  /** Two for each: the command's, and the installer's. */
  readonly #uid: number;

  constructor(number: number) {
    this.#number = number;
    this.#uid = UID + 2 * number;
  }

  get owner(): string {
    return `${this.#uid}:${this.#uid}`;
  }

  input(name: string): string {
    return posix.join(this.#work, "in", name);
  }

  environment(name: string): string {
    return posix.join("/env", String(this.#number), name);
  }

  project(environment: string): string {
    return posix.join("/projects", String(this.#number), environment);
  }

  /** The argument of contain.py. `cut`: the engine grants what cutting the network needs. */
  work(action: Action, keep: readonly string[], cut: boolean): string {
    const from = action.cwd === undefined ? this.#work : this.input(action.cwd);
    return JSON.stringify({
      place: this.#place,
      result: posix.join(RESULTS, String(this.#number)),
      argv: action.argv.map((arg) => this.#word(arg, from)),
      cwd: posix.relative(this.#work, from),
      env: { ...this.#variables(), PATH: this.#searchPath(action), ...action.env },
      keep,
      uid: this.#uid,
      timeout: action.timeoutSeconds,
      cut,
      outputs: action.outputs,
      uv: `${UV}/bin/uv`,
      projects: withProject(action).map((name) => [this.environment(name), this.project(name)]),
    });
  }

  /** Owned by root: the command writes below its work folder, and cannot forge how it ended. */
  get #place(): string {
    return posix.join("/voicekey", String(this.#number));
  }

  get #work(): string {
    return posix.join(this.#place, "work");
  }

  /** What a process needs to start, under every action's own variables. */
  #variables(): Record<string, string> {
    const [home, temporary] = [posix.join(this.#work, "home"), posix.join(this.#work, "tmp")];
    return { HOME: home, TMPDIR: temporary, LANG: "C.UTF-8", USER: COMMAND_USER };
  }

  /** Where the command finds programs: in the environment of the first tool that it names, as on the host, then in the image. */
  #searchPath(action: Action): string {
    const leading = leadingEnvironment(action);
    const programs = leading === undefined ? [] : [posix.join(this.environment(leading), "bin")];
    return [...programs, "/usr/local/bin", "/usr/bin", "/bin"].join(":");
  }

  #word(arg: Arg, from: string): string {
    if (typeof arg === "string") return arg;
    if ("tool" in arg) return posix.join(this.environment(arg.env), "bin", arg.tool);
    const folder = "in" in arg ? this.input(arg.in) : posix.join(this.#work, "out", arg.out);
    const relative = posix.relative(from, posix.join(folder, arg.path ?? "")) || ".";
    return `${arg.prefix ?? ""}${relative}`;
  }
}

/** The environments that the application's wheel is installed in. */
export function withProject({ toolchain }: Action): string[] {
  return Object.entries(toolchain.environments).flatMap(([name, e]) => (e.project === undefined ? [] : [name]));
}
