/** Connects this process's SDK to a stand-in engine for the time of a body. */

import type { Client } from "@dagger.io/dagger";
import { connection, dag } from "@dagger.io/dagger";
import type { Engine } from "./engine.ts";

export async function connected<T>(engine: Engine, body: (dag: Client) => Promise<T>): Promise<T> {
  let value: { readonly of: T } | undefined;
  const before = { port: process.env["DAGGER_SESSION_PORT"], token: process.env["DAGGER_SESSION_TOKEN"] };
  process.env["DAGGER_SESSION_PORT"] = String(engine.port);
  process.env["DAGGER_SESSION_TOKEN"] = engine.token;
  try {
    await connection(async () => {
      value = { of: await body(dag) };
    });
  } finally {
    restore("DAGGER_SESSION_PORT", before.port);
    restore("DAGGER_SESSION_TOKEN", before.token);
  }
  if (value === undefined) throw new Error("the connection ended before its body did");
  return value.of;
}

function restore(name: string, value: string | undefined): void {
  if (value === undefined) delete process.env[name];
  else process.env[name] = value;
}
