/**
 * What an engine or a command that it ran said, made fit for printing: an address keeps its host and path and loses who it is opened with,
 * and a value that is secret is taken out in every form in which it can stand in such a text. Knows texts only.
 */
import { REDACTED, redactor } from "../src/exec/host/redact.ts";

/** User and password before the host of an address; its path may hold an `@` of its own. */
const CREDENTIALS = /\b([a-z][a-z0-9+.-]*:\/\/)[^\s/?#'"`<>]*@/gi;
/** The same without a scheme, as tools print it. What an image's digest follows is a name and a tag. */
const BARE = /(^|[\s'"`(=,])[^\s'"`(=,:/@]+:[^\s/'"`@]+@(?!sha(?:256|512):)(?=[\w[])/g;
/** A password in the query of an address. */
const QUERY = /([?&][\w.-]*(?:token|password|passwd|secret|signature|key)[\w.-]*=)[^\s&#'"`<>)]+/gi;

export function told(text: string, secrets: readonly string[] = []): string {
  return withoutValues(text, secrets)
    .replace(CREDENTIALS, `$1${REDACTED}@`)
    .replace(BARE, `$1${REDACTED}@`)
    .replace(QUERY, `$1${REDACTED}`);
}

/** Longest first, so that of a value within a value nothing is left over. */
function withoutValues(text: string, secrets: readonly string[]): string {
  const values = [...new Set(secrets.flatMap(parts))].sort((a, b) => b.length - a.length);
  const named = redactor(values);
  const plain = named.push(text) + named.end();
  return values.reduce((t, value) => t.replace(encoded(value), REDACTED), plain);
}

/** A value, and what of it is secret by itself where it is an address: the password, the user with it, as they are written and as they are meant. */
function parts(value: string): string[] {
  const credentials = /^[a-z][a-z0-9+.-]*:\/\/([^\s/?#]*)@/i.exec(value)?.[1];
  if (credentials === undefined) return value === "" ? [] : [value];
  const colon = credentials.indexOf(":");
  const password = colon < 0 ? credentials : credentials.slice(colon + 1);
  const user = colon < 0 ? "" : credentials.slice(0, colon);
  const meant = `${decoded(user)}:${decoded(password)}`;
  return [value, credentials, password, decoded(password), ...(colon < 0 ? [] : [meant])].filter((p) => p !== "");
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** The value with any of its characters percent-encoded, in either case of the digits: encoders differ in what they encode. */
function encoded(value: string): RegExp {
  const characters = [...value].map((character) => {
    const bytes = [...Buffer.from(character, "utf8")].map((byte) => `%${hex(byte)}`).join("");
    return `(?:${character.replace(/[.*+?^${}()|[\]\\/-]/g, "\\$&")}|${bytes})`;
  });
  return new RegExp(characters.join(""), "g");
}

function hex(byte: number): string {
  const digits = byte.toString(16).padStart(2, "0");
  return [...digits].map((d) => (/\d/.test(d) ? d : `[${d}${d.toUpperCase()}]`)).join("");
}
