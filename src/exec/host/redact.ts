/**
 * Takes secret values out of a stream of text, also where a value is split over two pieces of it.
 * Knows values only; which values are secret is decided by the caller.
 */

export const REDACTED = "***";

/** Lines of a multi-line secret shorter than this are not searched for by themselves: they would hit ordinary text. */
const LINE_MIN = 8;

export interface Redactor {
  /** The text that is safe to show by now; what could be the beginning of a secret is held back. */
  push(text: string): string;
  /** The rest. */
  end(): string;
  /** Forgets what is held back, and gives it for counting. Not to be shown. */
  drop(): string;
}

/** Values are found as they are, as JSON, percent-encoded or Base64 text shows them, and line by line. Empty values are ignored. */
export function redactor(values: readonly string[]): Redactor {
  const forms = [...new Set(values.flatMap(shownAs))].sort((a, b) => b.length - a.length);
  const longest = forms[0]?.length ?? 0;
  if (longest === 0) return { push: (text) => text, end: () => "", drop: () => "" };
  const pattern = new RegExp(forms.map((f) => f.replace(/[.*+?^${}()|[\]\\/-]/g, "\\$&")).join("|"), "g");
  let held = "";

  /** Emits everything before `limit`, where every match that begins there is complete. */
  const emit = (limit: number): string => {
    let out = "";
    let at = 0;
    pattern.lastIndex = 0;
    for (let match = pattern.exec(held); match !== null && match.index < limit; match = pattern.exec(held)) {
      out += held.slice(at, match.index) + REDACTED;
      at = match.index + match[0].length;
    }
    const end = Math.max(at, limit);
    out += held.slice(at, end);
    held = held.slice(end);
    return out;
  };

  return {
    push: (text) => {
      held += text;
      return emit(Math.max(0, held.length - longest + 1));
    },
    end: () => emit(held.length),
    drop: () => {
      const dropped = held;
      held = "";
      return dropped;
    },
  };
}

function shownAs(value: string): string[] {
  if (value === "") return [];
  const lines = value.split(/\r?\n/).filter((line) => line.length >= LINE_MIN);
  const base64 = Buffer.from(value, "utf8").toString("base64");
  return [value, value.trim(), JSON.stringify(value).slice(1, -1), percentEncoded(value), base64, ...lines].filter(
    (form) => form !== "",
  );
}

function percentEncoded(value: string): string {
  // A lone surrogate cannot be encoded, and then it cannot be printed so either.
  return Buffer.from(value, "utf8").toString("utf8") === value ? encodeURIComponent(value) : value;
}
