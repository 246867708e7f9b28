/** Opens the shell of an action: a process of its own that a test can put on a terminal. */
import { pythonAction, resolve } from "../../../src/exec/conformance/case.ts";
import { HostExecutor } from "../../../src/exec/host/host-executor.ts";
import { optionsIn } from "./make-options.ts";

const [storeRoot = "", repository = ""] = process.argv.slice(2);
const options = await optionsIn(storeRoot, repository);
const executor = new HostExecutor({ ...options, hostEnv: { ...options.hostEnv, SHELL: "/bin/sh" } });
const action = pythonAction("", {
  code: "print('a b')",
  inputs: { app: { kind: "inline", files: { "a.txt": "" } } },
  action: { cwd: "app", env: { OF_THE_ACTION: "yes" } },
});
process.exitCode = await executor.shell(action, await resolve(executor, action), {
  signal: new AbortController().signal,
  print: (text) => process.stdout.write(`${text}\n`),
});
