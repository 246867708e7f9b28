/** What cures a step that is not green, in the words of the door where it is read. Pure text. */
import { typedAt, type Words } from "../command-words.ts";
import { installs } from "../exec/host/needs.ts";
import type { StepVerdict } from "./verdict.ts";

/** The remedy, and which line of `doctor` says more, where this door has that command. */
export function whatToDo({ remedy, need }: Pick<StepVerdict, "remedy" | "need">, words: Words): string | undefined {
  const sentences = [remedy, need === undefined ? undefined : moreInDoctor(need, words)].filter((s) => s !== undefined);
  return sentences.length === 0 ? undefined : sentences.join(" ");
}

function moreInDoctor(need: string, words: Words): string | undefined {
  const doctor = typedAt(words, { name: "doctor" });
  if (doctor === undefined) return undefined;
  const more = `\`${doctor}\` says more in its line ${need}`;
  const install = installs(need) ? typedAt(words, { name: "doctor", install: true }) : undefined;
  return install === undefined ? `${more}.` : `${more}; \`${install}\` tries to get it.`;
}
