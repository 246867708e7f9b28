/**
 * Canonical JSON and SHA-256: how a value gets a digest that is the same on every machine. Knows nothing of plans, actions or files.
 */
import { createHash } from "node:crypto";

/**
 * JSON without spaces, object keys in code-unit order, members that are undefined left out.
 * Throws a TypeError for what JSON cannot say (undefined elsewhere, functions, bigint, NaN, infinities): a digest must never hide a value.
 */
export function canonicalJson(value: unknown): string {
  if (value === null || typeof value === "boolean" || typeof value === "string") return JSON.stringify(value);
  if (typeof value === "number" && Number.isFinite(value)) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${Array.from(value, canonicalJson).join(",")}]`;
  if (typeof value === "object") {
    const prototype: unknown = Object.getPrototypeOf(value);
    if (prototype !== Object.prototype && prototype !== null) {
      throw new TypeError("canonical JSON takes plain objects only, not a Map, Date or other class");
    }
    const record = value as Readonly<Record<string, unknown>>;
    let members = "";
    for (const key of Object.keys(record).sort()) {
      const member = record[key];
      if (member === undefined) continue;
      members += `${members === "" ? "" : ","}${JSON.stringify(key)}:${canonicalJson(member)}`;
    }
    return `{${members}}`;
  }
  throw new TypeError(`canonical JSON cannot hold a ${typeof value}${typeof value === "number" ? ` (${value})` : ""}`);
}

/** Lower-case hex. A string is hashed as UTF-8. */
export function sha256Hex(data: string | Uint8Array): string {
  return createHash("sha256").update(data).digest("hex");
}

/** `sha256:<hex>` over the canonical JSON of the value. */
export function digestOf(value: unknown): string {
  return `sha256:${sha256Hex(canonicalJson(value))}`;
}
