import ts from "typescript";
import { describe, expect, test } from "vitest";
import { place, type RepositoryFile, repositoryFiles } from "../files.ts";
import { importsOf, syntaxOf, walk } from "./syntax.ts";

type Reach = "environment" | "clock" | "network" | "processes" | "chance";

/**
 * Who may reach outside without a port, and why. A path that ends in `/` covers its folder.
 * A line here is a decision: whatever else needs time, environment, network or chance gets it as an argument.
 */
const ALLOWED: readonly { readonly path: string; readonly reach: Reach; readonly why: string }[] = [
  {
    path: "dagger/ports.ts",
    reach: "environment",
    why: "the real ports of the host door: the one place that reads the environment",
  },
  { path: "dagger/ports.ts", reach: "clock", why: "the real clock" },
  { path: "src/exec/host/", reach: "processes", why: "the host executor is what starts processes" },
  {
    path: "dagger/engine-session.ts",
    reach: "processes",
    why: "starts the dagger command, the client's way to an engine",
  },
  { path: "src/exec/git.ts", reach: "processes", why: "the host's side of the Git port" },
  { path: "src/evidence/folder.ts", reach: "processes", why: "removes older evidence on a thread beside the run" },
  { path: "src/exec/conformance/", reach: "clock", why: "the conformance cases measure that a limit really held" },
  { path: "src/exec/", reach: "chance", why: "names of temporary files, so that runs at the same time never meet" },
];

const PROCESS_MODULES = /^(?:node:)?(?:child_process|cluster|worker_threads)$|^execa$/;
const NETWORK_MODULES = /^(?:node:)?(?:https?|http2|net|tls|dgram|dns)(?:\/promises)?$|^undici$/;
const CLOCK_CALLS = new Set([
  "Date.now",
  "performance.now",
  "process.hrtime",
  "process.hrtime.bigint",
  "process.uptime",
]);
const CHANCE_CALLS = new Set(["Math.random", "crypto.randomUUID", "crypto.randomBytes", "crypto.getRandomValues"]);
const CHANCE_IMPORTS = new Set(["randomUUID", "randomBytes", "randomInt", "getRandomValues"]);

interface Reached {
  readonly reach: Reach;
  readonly what: string;
  readonly at: string;
}

function reaches(file: RepositoryFile): Reached[] {
  const found: Reached[] = [];
  const add = (reach: Reach, what: string, offset: number) => found.push({ reach, what, at: place(file, offset) });
  for (const i of importsOf(file)) {
    if (i.how === "type") continue;
    if (PROCESS_MODULES.test(i.specifier)) add("processes", i.specifier, i.offset);
    if (NETWORK_MODULES.test(i.specifier)) add("network", i.specifier, i.offset);
    if (/^(node:)?crypto$/.test(i.specifier) && i.names.some((n) => CHANCE_IMPORTS.has(n)))
      add("chance", i.specifier, i.offset);
    if (/^(node:)?process$/.test(i.specifier)) add("environment", i.specifier, i.offset);
    if (/^(node:)?perf_hooks$/.test(i.specifier)) add("clock", i.specifier, i.offset);
  }
  walk(syntaxOf(file), (node) => {
    const offset = node.getStart();
    if (ts.isPropertyAccessExpression(node) || ts.isElementAccessExpression(node)) {
      if (node.getText().replace(/\["(\w+)"\]/g, ".$1") === "process.env") add("environment", "process.env", offset);
    }
    if (ts.isVariableDeclaration(node) && node.initializer?.getText() === "process")
      add("environment", "process", offset);
    if (ts.isCallExpression(node)) {
      const callee = node.expression.getText().replace(/^globalThis\./, "");
      if (CLOCK_CALLS.has(callee) || callee === "Date") add("clock", callee, offset);
      if (CHANCE_CALLS.has(callee)) add("chance", callee, offset);
      if (callee === "fetch") add("network", callee, offset);
    }
    if (ts.isNewExpression(node)) {
      const made = node.expression.getText().replace(/^globalThis\./, "");
      if (made === "Date" && (node.arguments?.length ?? 0) === 0) add("clock", "new Date()", offset);
      if (/^(WebSocket|EventSource|XMLHttpRequest)$/.test(made)) add("network", made, offset);
    }
  });
  return found;
}

const allowed = (file: RepositoryFile, reach: Reach) =>
  ALLOWED.some(
    (a) => a.reach === reach && (a.path.endsWith("/") ? file.path.startsWith(a.path) : file.path === a.path),
  );

const code = repositoryFiles(/^(src|dagger)\/.+\.ts$/);

test("environment, clock, network, processes and chance are reached only through a port", () => {
  const offending = code.flatMap((f) => reaches(f).filter((r) => !allowed(f, r.reach)));
  expect(offending.map((r) => `${r.at} reaches ${r.reach} by ${r.what}`)).toEqual([]);
});

test.each(ALLOWED)("the exception for $path ($reach) is still needed", (entry) => {
  const used = code.some(
    (f) => allowed(f, entry.reach) && f.path.startsWith(entry.path) && reaches(f).some((r) => r.reach === entry.reach),
  );
  expect(used, entry.why).toBe(true);
});

describe("the rule sees", () => {
  test.each<[Reach, string]>([
    ["environment", "export const a = () => process.env.HOME;"],
    ["environment", 'export const a = () => process["env"];'],
    ["environment", 'import { env } from "node:process"; export const a = env;'],
    ["environment", "export const a = () => { const { env } = process; return env; };"],
    ["clock", "export const a = () => Date.now();"],
    ["clock", "export const a = () => new Date();"],
    ["clock", "export const a = () => new Date;"],
    ["clock", "export const a = () => performance.now();"],
    ["network", 'export const a = () => fetch("x");'],
    ["network", 'export const a = () => globalThis.fetch("x");'],
    ["network", 'import { get } from "node:https"; export const a = get;'],
    ["processes", 'import { spawn } from "node:child_process"; export const a = spawn;'],
    ["processes", 'export const a = async () => (await import("node:child_process")).spawn;'],
    ["chance", "export const a = () => Math.random();"],
    ["chance", 'import { randomUUID } from "node:crypto"; export const a = randomUUID;'],
  ])("%s in %s", (reach, text) => {
    expect(reaches({ path: "src/x.ts", text }).map((r) => r.reach)).toContain(reach);
  });

  test.each([
    ["export const a = (at: number) => new Date(at);"],
    ['import { createHash } from "node:crypto"; export const a = createHash;'],
    ['import type { ChildProcess } from "node:child_process"; export type A = ChildProcess;'],
    ["export const a = (port: { fetch(): void }) => port.fetch();"],
    ["export const a = () => process.platform;"],
    ["// process.env, Date.now() and fetch() in a comment are words"],
  ])("nothing in %s", (text) => {
    expect(reaches({ path: "src/x.ts", text })).toEqual([]);
  });
});
