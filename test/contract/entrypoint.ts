/** Calls a function of the module the way Dagger's runtime does: a process that hands all of src/ to the SDK's own entrypoint. */
import { spawn } from "node:child_process";
import { copyFileSync, readdirSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { REPOSITORY } from "../files.ts";
import { type Engine, startEngine } from "./engine.ts";
import { expanded } from "./graph.ts";
import { engineWith, type TinyApp } from "./tiny-app.ts";

const CLIENT = "node_modules/@dagger.io/dagger/dist/src/api/client.gen.d.ts";

export interface Invocation {
  /** Empty for the constructor. */
  readonly name: string;
  /** The object's fields, as the constructor returned them. */
  readonly parent?: string;
  /** Argument → value; values that start with an id's type are ids. */
  readonly args: Readonly<Record<string, unknown>>;
}

export interface Returned {
  /** JSON, as Dagger keeps it. */
  readonly value?: string;
  readonly error?: string;
  /** What the process wrote, when it ended without an answer. */
  readonly output: string;
}

/** `root` is a package folder with src/, dagger/ and node_modules/; `runtime` starts a TypeScript file. */
export async function invoke(
  root: string,
  app: TinyApp,
  call: Invocation,
  runtime: readonly string[] = nodeWithTsx(),
): Promise<Returned> {
  const names = Object.keys(call.args);
  const answer = engineWith(app.app);
  const engine = await startEngine(
    (chain, at) => {
      const calls = expanded(chain, at.ids);
      if (calls[0]?.field === "currentModule" && calls.at(-1)?.field === "name") return "voicekey-pipeline";
      if (calls[0]?.field !== "currentFunctionCall") return answer(chain, at);
      const index = Number(calls.find((c) => c.field === "#")?.args["index"]);
      switch (calls.at(-1)?.field) {
        case "parentName":
          return "VoicekeyPipeline";
        case "inputArgs":
          return names.length;
        case "parent":
          return call.parent ?? "null";
        case "name":
          return Number.isNaN(index) ? call.name : names[index];
        case "value":
          return JSON.stringify(call.args[names[index] ?? ""]);
        default:
          return undefined;
      }
    },
    { cwd: app.folder },
  );
  engine.ids.set("Directory@source", {
    type: "Directory",
    calls: [
      { field: "host", args: {} },
      { field: "directory", args: { path: "app" } },
    ],
  });
  try {
    const output = await start(root, app.folder, engine, runtime);
    const against = [...engine.refused, ...engine.denied.map((d) => `${d.id}: ${d.message}`)];
    if (against.length > 0) throw new Error(against.join("\n"));
    return { ...answerOf(engine), output };
  } finally {
    await engine.close();
  }
}

export function nodeWithTsx(): string[] {
  return [process.execPath, "--import", pathToFileURL(createRequire(import.meta.url).resolve("tsx")).href];
}

function answerOf(engine: Engine): Omit<Returned, "output"> {
  for (const chain of engine.asked) {
    const last = chain.calls.at(-1);
    if (last?.field === "returnValue") return { value: String(last.args["value"]) };
    if (last?.field !== "returnError") continue;
    const error = engine.ids.get(String(last.args["error"]));
    return { error: String(error?.calls[0]?.args["message"]) };
  }
  return {};
}

function start(root: string, cwd: string, engine: Engine, runtime: readonly string[]): Promise<string> {
  const client = join(cwd, "client.gen.ts");
  copyFileSync(join(REPOSITORY, CLIENT), client);
  const files = readdirSync(join(root, "src"), { recursive: true, encoding: "utf8" })
    .filter((f) => f.endsWith(".ts"))
    .map((f) => join(root, "src", f));
  // A module, or tsx would load a second SDK by require().
  const runner = join(cwd, "run.mts");
  const sdk = pathToFileURL(join(root, "node_modules/@dagger.io/dagger/dist/src/index.js")).href;
  writeFileSync(
    runner,
    `import { entrypoint } from ${JSON.stringify(sdk)};\nvoid entrypoint(${JSON.stringify([...files, client])});\n`,
  );
  const [command = "", ...args] = runtime;
  // The runtime names the module's tsconfig to tsx, which else would look for one beside the runner.
  const env = {
    PATH: process.env["PATH"],
    TSX_TSCONFIG_PATH: join(root, "tsconfig.json"),
    DAGGER_SESSION_PORT: String(engine.port),
    DAGGER_SESSION_TOKEN: engine.token,
  };
  return new Promise((resolve, reject) => {
    const child = spawn(command, [...args, runner], { cwd, env, stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding("utf8").on("data", (text: string) => {
        output += text;
      });
    child.on("error", reject);
    child.on("close", () => resolve(output));
  });
}
