/** The keys of `pipeline.yaml` that concern one step, from the config's own schema. Reads no file. */
import * as z from "zod";
import { fileSchema } from "../../src/config/schema.ts";
import type { ConfigKey } from "./session-port.ts";

interface Node {
  readonly type?: unknown;
  readonly enum?: readonly unknown[];
  readonly description?: string;
  readonly default?: unknown;
  readonly items?: Node;
  readonly properties?: Readonly<Record<string, Node>>;
}

/** In the order of the schema; empty for a step that has no keys of its own. */
export function configKeys(step: string): ConfigKey[] {
  const schema = z.toJSONSchema(fileSchema, { io: "input", unrepresentable: "any" }) as Node;
  const own = schema.properties?.["checks"]?.properties?.[step]?.properties ?? {};
  return Object.entries(own).map(([name, node]) => ({
    key: `checks.${step}.${name}`,
    type: typeOf(node),
    description: [node.description ?? "", node.default === undefined ? "" : `Default: ${JSON.stringify(node.default)}.`]
      .filter((s) => s !== "")
      .join(" "),
  }));
}

function typeOf(node: Node): string {
  if (node.enum !== undefined) return node.enum.map(String).join(" | ");
  if (node.type === "array") return `list of ${typeof node.items?.type === "string" ? node.items.type : "values"}`;
  return typeof node.type === "string" ? node.type : "value";
}
