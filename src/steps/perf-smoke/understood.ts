/**
 * Which recordings each version understood, every time that it heard them: a fast answer that is wrong is no answer.
 */
import { timed } from "../common/too-slow.ts";
import type { Finding, StepContext } from "../step.ts";
import type { Expected, Samples } from "./records.ts";

/** A recording that is to be measured, as the list of expected texts has it. */
export interface Asked {
  readonly file: string;
  readonly kind: string;
  readonly text: string;
  /** Where the speech ends in it, milliseconds. */
  readonly endMs?: number;
}

/** Those of the configured kinds from which a text is to come: silence cannot be timed. In the list's order. */
export function asked(list: Expected, context: StepContext): Asked[] {
  const { kinds } = context.config.checks["perf-smoke"];
  return list.flatMap(({ file, kind, text, expect = text, speech_end_ms: endMs }) =>
    kinds.includes(kind) && plain(expect) !== ""
      ? [{ file, kind, text: expect, ...(endMs === undefined ? {} : { endMs }) }]
      : [],
  );
}

export interface Understood {
  /** Recordings by their index, of both versions: what can be compared. */
  readonly both: readonly number[];
  /** Whether the change understood it, by recording. */
  readonly change: readonly boolean[];
  readonly findings: readonly Finding[];
}

/** `floors`: kind → least share of recordings that the change must understand, in percent; 100 where none is given. */
export function understood(
  samples: Samples,
  wanted: readonly Asked[],
  floors: Readonly<Record<string, number>>,
): Understood {
  const right = (heard: readonly (readonly string[])[] | undefined): boolean[] =>
    wanted.map(({ text }, i) => {
      const said = heard?.[i] ?? [];
      return said.length > 0 && said.every((one) => plain(one) === plain(text));
    });
  const change = right(samples.change.heard);
  const base = right(samples.base?.heard);
  const findings = [...new Set(wanted.map((w) => w.kind))].flatMap((kind) => {
    const own = [...wanted.entries()].filter(([, w]) => w.kind === kind);
    const wrong = own.filter(([i]) => !change[i]);
    if (100 * (1 - wrong.length / own.length) >= (floors[kind] ?? 100)) return [];
    return wrong.map(([i, { file, text }]) => {
      const others = (samples.change.heard[i] ?? []).filter((one) => plain(one) !== plain(text));
      const message = `${file}: “${text}” was said, “${others[0] ?? ""}” was understood`;
      // Nothing is what is understood of a recording whose answer did not come while the harness waited for it.
      return timed({ rule: "wrong-text", message }, others.length > 0 && others.every((one) => plain(one) === ""));
    });
  });
  return { both: [...wanted.keys()].filter((i) => change[i] && base[i]), change, findings };
}

function plain(text: string): string {
  return text.toLowerCase().split(/\s+/).filter(Boolean).join(" ");
}
