/** Finds the best level of isolation that works on this machine, by running each: a program that is there may still be forbidden to do its work. */
import { existsSync, realpathSync } from "node:fs";
import * as fs from "node:fs/promises";
import * as path from "node:path";
import type { Clock } from "../../ports.ts";
import { type HostEnv, hostVariable } from "./child-env.ts";
import { type Guard, runGuarded } from "./guarded.ts";
import { type IsolationLevel, type IsolationPaths, isolationWrapper, loopbackIsDown } from "./isolation.ts";
import { makeOwnFolder, removeOwnFolder } from "./run-folder.ts";

/** Exits 0 where the loopback works, nothing else does, and the work folder can be written; tries to write a file outside of it, too. */
const TRIAL = `
import socket, sys
server = socket.create_server(("127.0.0.1", 0))
socket.create_connection(server.getsockname(), timeout=10)
open("mark", "w").close()
try:
    socket.socket(socket.AF_INET, socket.SOCK_DGRAM).connect(("192.0.2.1", 9))
    sys.exit("the network is not cut")
except OSError:
    pass
try:
    open(sys.argv[1], "w").close()
except OSError:
    pass
`;

const TRIAL_SECONDS = 20;

export interface IsolationSearch {
  readonly guard: Guard;
  readonly storeRoot: string;
  readonly paths: IsolationPaths;
  readonly root: boolean;
  readonly clock: Clock;
}

/** Places where other people's and the user's own files lie about: a command has no business there. */
export function hiddenPlaces(env: HostEnv): string[] {
  const home = hostVariable(env, "HOME");
  const places = ["/tmp", "/var/tmp", ...(home === undefined || !path.isAbsolute(home) ? [] : [home])];
  return [...new Set(places.filter((p) => existsSync(p)).map((p) => realpathSync(p)))].filter((p) => p !== "/");
}

export function isRoot(): boolean {
  return process.getuid?.() === 0;
}

/** The first of `levels` that works; `none` where no other does. */
export async function findIsolation(
  levels: readonly IsolationLevel[],
  search: IsolationSearch,
): Promise<IsolationLevel> {
  if (search.guard.windows) return "none";
  for (const level of levels) {
    if (level === "none" || (await works(level, search))) return level;
  }
  return "none";
}

async function works(level: IsolationLevel, search: IsolationSearch): Promise<boolean> {
  const { guard, paths, root } = search;
  const run = await makeOwnFolder(path.join(search.storeRoot, "runs"));
  try {
    const work = path.join(run, "work");
    await fs.mkdir(work);
    const wrapper = isolationWrapper({
      level,
      network: false,
      root,
      paths: { ...paths, writable: [...paths.writable, work] },
    });
    // In a private folder of that name it may be written; what counts is whether it is there afterwards.
    const outside = path.join(run, "outside");
    const result = await runGuarded(
      guard,
      {
        ...{
          wrapper,
          subreaper: false,
          loopback: loopbackIsDown(level, false),
          env: guard.env,
          cwd: work,
          scratch: run,
          secrets: [],
        },
        argv: [guard.python, "-I", "-S", "-c", TRIAL, outside],
        ...{ timeoutSeconds: TRIAL_SECONDS, onLine: () => undefined, signal: new AbortController().signal },
      },
      search.clock,
    );
    const passed = result.status.kind === "exited" && result.status.code === 0;
    return passed && (level !== "bubblewrap" || !existsSync(outside));
  } catch {
    return false;
  } finally {
    await removeOwnFolder(run);
  }
}
