/** Arguments that a schema allows and that mean nothing to the engine: patterns, image references, expanded variables. */
import type { Call } from "./graph.ts";

/** As Go's filepath.Match finds a pattern malformed: an open or empty class, or an escape of nothing. */
export function malformedPattern(pattern: string): boolean {
  const chars = [...pattern];
  /** Position after one character of a class, or undefined where there must be one and is none. */
  const character = (i: number): number | undefined => {
    if (chars[i] === undefined || chars[i] === "-" || chars[i] === "]") return undefined;
    const after = chars[i] === "\\" ? i + 2 : i + 1;
    return after < chars.length ? after : undefined;
  };
  for (let i = 0; i < chars.length; i += 1) {
    if (chars[i] === "\\") {
      i += 1;
      if (i >= chars.length) return true;
      continue;
    }
    if (chars[i] !== "[") continue;
    let at: number | undefined = chars[i + 1] === "^" ? i + 2 : i + 1;
    for (let ranges = 0; chars[at] !== "]" || ranges === 0; ranges += 1) {
      at = character(at);
      if (at !== undefined && chars[at] === "-") at = character(at + 1);
      if (at === undefined) return true;
    }
    i = at;
  }
  return false;
}

const DOMAIN = String.raw`(?:[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?)(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?)*(?::[0-9]+)?`;
const PART = `[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*`;
const DIGEST = `[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}`;
const REFERENCE = new RegExp(
  `^(?:${DOMAIN}/)?${PART}(?:/${PART})*(?::[A-Za-z0-9_][A-Za-z0-9_.-]{0,127})?(?:@(${DIGEST}))?$`,
);
const DIGEST_LENGTHS: Readonly<Record<string, number>> = { sha256: 64, sha384: 96, sha512: 128 };

/** Why an image reference is none, in the engine's words; undefined for one that is. */
export function referenceFault(reference: string): string | undefined {
  if (/^[a-f0-9]{64}$/.test(reference))
    return `invalid repository name (${reference}), cannot specify 64-byte hexadecimal strings`;
  const found = REFERENCE.exec(reference);
  if (found === null) {
    const name = (/^[^@]*/.exec(reference)?.[0] ?? "").replace(/:[^/:]*$/, "");
    const remote = name.includes("/") ? name : `library/${name}`;
    return remote !== remote.toLowerCase()
      ? `invalid reference format: repository name (${remote}) must be lowercase`
      : "invalid reference format";
  }
  if (found[1] === undefined) return undefined;
  const [algorithm = "", encoded = ""] = found[1].split(":");
  const length = DIGEST_LENGTHS[algorithm];
  if (length === undefined) return "unsupported digest algorithm";
  if (encoded.length !== length) return "invalid checksum digest length";
  return encoded === encoded.toLowerCase() ? undefined : "invalid checksum digest format";
}

/** The first variable in the texts that may not be expanded, given the calls before. */
export function unexpandable(
  before: readonly Call[],
  texts: readonly unknown[],
): { readonly id: "expand-secret" | "expand-volatile"; readonly name: string } | undefined {
  const names = texts
    .flat()
    .flatMap((t) =>
      typeof t === "string" ? [...t.matchAll(/\$(?:\{([^}]*)\}|(\w+))/g)].map((m) => m[1] ?? m[2]) : [],
    );
  for (const [id, made, dropped] of [
    ["expand-secret", "withSecretVariable", "withoutSecretVariable"],
    ["expand-volatile", "withVolatileVariable", "withoutVolatileVariable"],
  ] as const)
    for (const name of names) {
      const last = before.findLast((c) => [made, dropped].includes(c.field as never) && c.args["name"] === name);
      if (name !== undefined && last?.field === made) return { id, name };
    }
  return undefined;
}
