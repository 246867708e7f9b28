/**
 * A stand-in for a Dagger engine: a loopback GraphQL server that refuses every query which the engine's schema does not allow, and what the engine
 * refuses of the others; the rest it answers by type. Objects are never computed; what a leaf value is, the test's `answer` says.
 */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import {
  buildClientSchema,
  execute,
  type GraphQLOutputType,
  type GraphQLResolveInfo,
  getNamedType,
  getNullableType,
  isLeafType,
  isListType,
  parse,
  validate,
} from "graphql";
import { Contents } from "./content.ts";
import type { Chain } from "./graph.ts";
import { inContainer, kindAt } from "./paths.ts";
import { flat } from "./recipe.ts";
import type { RefusalId } from "./refusals.ts";
import { Refused } from "./refuse.ts";
import type { EngineSettings } from "./rules.ts";
import { givenContents } from "./rules-of-answers.ts";
import { strictness } from "./strictness.ts";
import type { Ask } from "./told.ts";
import { VolatileValues } from "./volatile.ts";

/**
 * The value of a leaf (or, for a list of objects, how many), or undefined for the type's plain value. Throwing makes the query fail with the message.
 * The stand-in itself asks, too, to know what to refuse: see told.ts. A file's `contents` may be given as bytes.
 */
export type Answer = (chain: Chain, engine: Engine) => unknown;

export interface Engine {
  readonly port: number;
  readonly token: string;
  readonly ids: Map<string, Chain>;
  /** Every leaf that was asked for, in order. */
  readonly asked: Chain[];
  /** What the schema refused; a test expects none. */
  readonly refused: string[];
  /** What the engine would have refused of queries that the schema allows. */
  readonly denied: { readonly id: RefusalId; readonly message: string }[];
  /** The text of every query that came. */
  readonly requests: string[];
  /** Folders that were loaded, by what they held then. */
  readonly contents: Contents;
  /** Volatile variables as a command of this session sees them. */
  readonly volatile: ReadonlyMap<string, string>;
  close(): Promise<void>;
}

const schemaFile = new URL("dagger-schema.json", import.meta.url);

/** The engine's whole schema when the environment names it (VOICEKEY would be scrubbed, so the name is not ours), else the pruned one. */
export function engineSchema(file: string | URL = process.env["FULL_DAGGER_SCHEMA"] ?? schemaFile) {
  const { __schema } = JSON.parse(readFileSync(file, "utf8")) as { __schema: never };
  return buildClientSchema({ __schema }, { assumeValid: true });
}

export async function startEngine(answer: Answer = () => undefined, settings: EngineSettings = {}): Promise<Engine> {
  const schema = engineSchema();
  const token = "loopback-token";
  const ids = new Map<string, Chain>();
  const asked: Chain[] = [];
  const refused: string[] = [];
  const denied: { id: RefusalId; message: string }[] = [];
  const requests: string[] = [];
  const volatile = new VolatileValues(ids);
  const contents = new Contents(settings.cwd ?? process.cwd());
  const ask: Ask = async (calls, question) => answer({ type: "", calls: [...calls, question] }, engine);
  const strict = strictness(schema, ids, ask, settings);

  const resolve = async (...[source, args, _, info]: Asked): Promise<unknown> => {
    try {
      return await answered(source, args, _, info);
    } catch (error) {
      if (error instanceof Refused) denied.push({ id: error.id, message: error.message });
      throw error;
    }
  };

  const answered = async (...[source, args, _, info]: Asked): Promise<unknown> => {
    const before = isChain(source) ? source.calls : [];
    const named = getNamedType(info.returnType);
    if (info.parentType.name === "Query" && info.fieldName === "node") return nodeOf(args, info);
    const chain: Chain = { type: named.name, calls: [...before, { field: info.fieldName, args: { ...args } }] };
    if (!isLeafType(named)) {
      await strict.call(chain);
      volatile.note(chain);
      contents.note(chain.calls);
      if (!isListType(getNullableType(info.returnType))) return chain;
      const count = Number((await answer(chain, engine)) ?? 0);
      return Array.from({ length: count }, (_, index) => ({
        ...chain,
        calls: [...chain.calls, { field: "#", args: { index } }],
      }));
    }
    if (info.fieldName === "id") return idOf({ type: info.parentType.name, calls: before });
    await strict.question(chain);
    asked.push(chain);
    const value = await answer(chain, engine);
    if (info.fieldName === "sync") return idOf({ ...chain, type: info.parentType.name });
    if (info.fieldName === "contents") return givenContents(value, { ...args }) ?? "";
    if (info.fieldName === "exists" && value === undefined) return exists(chain);
    return value ?? plainValue(info.returnType);
  };

  const idOf = (chain: Chain): string => {
    const id = `${chain.type}@${createHash("sha256").update(JSON.stringify(chain)).digest("hex").slice(0, 16)}`;
    ids.set(id, chain);
    return id;
  };

  /** As far as the calls and the test tell; else true. */
  const exists = async (chain: Chain): Promise<boolean> => {
    const calls = flat(chain, ids);
    const args = calls.at(-1)?.args ?? {};
    const object = calls.slice(0, -1);
    const sight = { ask, object: (id: unknown) => flat(ids.get(String(id)) ?? { type: "", calls: [] }, ids) };
    const kind = await kindAt(object, inContainer(object, args["path"]), sight);
    if (kind === "unknown") return true;
    const wanted = { DIRECTORY_TYPE: "directory", REGULAR_TYPE: "file" }[String(args["expectedType"])] ?? kind;
    return kind !== "absent" && kind === wanted;
  };

  const nodeOf = (args: object, info: GraphQLResolveInfo): Chain => {
    const id = String((args as { id: unknown }).id);
    const known = ids.get(id);
    if (known === undefined) throw new Error(`no object has the id ${id} (${info.fieldName})`);
    return { type: known.type, calls: [{ field: "node", args: { id } }] };
  };

  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const expected = `Basic ${Buffer.from(`${token}:`).toString("base64")}`;
    if (request.url !== "/query" || request.headers.authorization !== expected) {
      response.writeHead(401).end();
      return;
    }
    const { query } = JSON.parse(Buffer.concat(chunks).toString("utf8")) as { query: string };
    requests.push(query);
    const document = parse(query);
    const errors = validate(schema, document);
    if (errors.length > 0) refused.push(...errors.map((e) => `${e.message}\n${query}`));
    const result =
      errors.length > 0
        ? { errors }
        : await execute({
            schema,
            document,
            fieldResolver: resolve,
            typeResolver: (value) => (isChain(value) ? value.type : undefined),
          });
    response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(result));
  };

  const server = createServer((request, response) => {
    handle(request, response).catch((error: unknown) => response.writeHead(500).end(String(error)));
  });
  // The SDK keeps its connections, and may compile for many seconds between two queries.
  server.keepAliveTimeout = 600_000;
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const engine: Engine = {
    port: (server.address() as AddressInfo).port,
    token,
    ids,
    asked,
    refused,
    denied,
    requests,
    contents,
    volatile,
    close: () => closed(server),
  };
  return engine;
}

type Asked = readonly [source: unknown, args: object, context: unknown, info: GraphQLResolveInfo];

function isChain(value: unknown): value is Chain {
  return typeof value === "object" && value !== null && "calls" in value;
}

function plainValue(type: GraphQLOutputType): unknown {
  if (isListType(getNullableType(type))) return [];
  switch (getNamedType(type).name) {
    case "Int":
      return 0;
    case "Boolean":
      return true;
    default:
      return "";
  }
}

function closed(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((done) => server.close(() => done()));
}
