#!/usr/bin/env node
/**
 * The second door: the `voicekey-pipeline` command. Joins the process to the command line and does nothing else.
 */
import { EXIT } from "../src/errors.ts";
import type { Io } from "./cli/io.ts";
import { main } from "./cli/main.ts";
import { packageRoot } from "./cli/package-root.ts";
import { wordsHere } from "./cli/typed-here.ts";
import { defaultJobs, hostEnvironment, processAlive, systemClock } from "./ports.ts";

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
/** How long a forgotten handle may keep the process after its work is done. */
const LINGER_MS = 500;

// A reader that went away (`| head`) is no failure: the verdict and the evidence still count.
for (const stream of [process.stdout, process.stderr]) {
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
  });
}

const env = hostEnvironment();
const clock = systemClock();
const cwd = process.cwd();
const io: Io = {
  out: process.stdout,
  err: process.stderr,
  env,
  clock,
  cwd,
  pid: process.pid,
  alive: processAlive,
  jobs: defaultJobs(),
  words: wordsHere(() => ({ script: process.argv[1] ?? "", packageRoot: packageRoot(), cwd, env })),
  session: async () => (await import("./cli/session.ts")).openSession({ env, clock }),
  onSignal(handler) {
    for (const name of SIGNALS) process.on(name, handler);
    return () => {
      for (const name of SIGNALS) process.off(name, handler);
    };
  },
  exit: (code) => process.exit(code),
};

const status = await main(process.argv.slice(2), io);
if (status === EXIT.interrupted) process.exit(status);
process.exitCode = status;
setTimeout(() => process.exit(), LINGER_MS).unref();
