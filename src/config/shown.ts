/**
 * Foreign text made fit to be printed: a config is written by whoever opened the pull request, and must not steer the reader's terminal.
 * Only for messages; values that are used keep their characters.
 */
const STEERING = /[\p{Cc}\p{Cf}\u2028\u2029]/gu;
const LONGEST = 120;

/** One line without control or direction characters, cut after 120 characters or the given number. */
export function printable(text: string, longest = LONGEST): string {
  const cut = text.length > longest ? `${text.slice(0, longest)}…` : text;
  return cut.replace(STEERING, (c) =>
    c === "\n" || c === "\t" ? " " : `\\u{${(c.codePointAt(0) ?? 0).toString(16)}}`,
  );
}

/** A value as it may be quoted in a message: JSON, cut and printable. */
export function shown(value: unknown): string {
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object" && value !== null) return "a mapping";
  return printable(JSON.stringify(value) ?? "nothing", 80);
}

/** `checks.unit-tests.paths[0]`; the whole file is `the file`. */
export function dotted(path: readonly (string | number)[]): string {
  const text = path.reduce<string>(
    (all, part) => (typeof part === "number" ? `${all}[${part}]` : all === "" ? part : `${all}.${part}`),
    "",
  );
  return text === "" ? "the file" : `\`${printable(text)}\``;
}
