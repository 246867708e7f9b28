/** Turns the tokens of an action into the words of a command line, as the command sees them from the folder that it starts in. Touches no file. */
import * as path from "node:path";
import { PipelineError } from "../../errors.ts";
import type { Action, Arg } from "../action.ts";

/** The folder that the command starts in, relative to the work folder, forward slashes. */
export function startFolder(action: Action): string {
  return action.cwd === undefined ? "." : `in/${action.cwd}`;
}

/** `program` gives the absolute path of a tool of an environment. Throws PLAN_INVALID for a token that names nothing of the action. */
export async function commandLine(
  action: Action,
  program: (environment: string, tool: string) => Promise<string>,
): Promise<string[]> {
  const from = startFolder(action);
  if (action.cwd !== undefined) known(action, action.cwd in action.inputs, `input ${action.cwd}`);
  const word = async (arg: Arg): Promise<string> => {
    if (typeof arg === "string") return arg;
    if ("tool" in arg) {
      known(action, arg.env in action.toolchain.environments, `environment ${arg.env}`);
      return program(arg.env, arg.tool);
    }
    const [folder, declared] =
      "in" in arg ? [`in/${arg.in}`, arg.in in action.inputs] : [`out/${arg.out}`, action.outputs.includes(arg.out)];
    known(action, declared, folder);
    const place = path.posix.relative(from, path.posix.join(folder, arg.path ?? "."));
    return `${arg.prefix ?? ""}${place === "" ? "." : place}`;
  };
  return Promise.all(action.argv.map(word));
}

/** The environment of the first tool that the command names: its programs come first on the command's PATH. */
export function leadingEnvironment(action: Action): string | undefined {
  const tool = action.argv.find((arg) => typeof arg === "object" && "tool" in arg);
  return typeof tool === "object" && "tool" in tool ? tool.env : undefined;
}

function known(action: Action, declared: boolean, what: string): void {
  if (!declared) throw new PipelineError("PLAN_INVALID", `action ${action.id} uses ${what} and does not declare it`);
}
