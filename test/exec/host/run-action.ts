/** Runs one Python action with uv's own lock as environment, in the store that is named: a process of its own that a test can kill. */
import type { Environment } from "../../../src/exec/action.ts";
import { pythonAction, resolve } from "../../../src/exec/conformance/case.ts";
import { HostExecutor } from "../../../src/exec/host/host-executor.ts";
import { optionsIn } from "./make-options.ts";

const [storeRoot = "", repository = ""] = process.argv.slice(2);
const executor = new HostExecutor(await optionsIn(storeRoot, repository));
const lock: Environment["lock"] = { kind: "bundled", path: "src/toolchains/uv.txt" };
const action = pythonAction("", {
  code: "import importlib.metadata as m; print('uv ' + m.version('uv'))",
  action: { toolchain: { image: "python", python: "any", environments: { plain: { lock } } } },
});
const result = await executor.run(action, await resolve(executor, action), {
  signal: new AbortController().signal,
  onLine: () => undefined,
  admit: async () => () => undefined,
});
process.stdout.write(result.stdout + result.stderr);
