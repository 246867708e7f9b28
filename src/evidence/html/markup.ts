/**
 * Text that is markup, and text that is not: whatever is put into a template is sanitised and escaped unless a template made it.
 */
import { plain } from "../text.ts";

/** Made by `html` only. */
export interface Markup {
  readonly markup: string;
}

export type Piece = Markup | string | number | undefined | readonly Piece[];

/** Numbers are rounded to hundredths, which is finer than any screen; an undefined piece is nothing. */
export function html(strings: TemplateStringsArray, ...pieces: readonly Piece[]): Markup {
  return { markup: strings.map((text, i) => text + (i < pieces.length ? render(pieces[i]) : "")).join("") };
}

function render(piece: Piece): string {
  if (piece === undefined) return "";
  if (typeof piece === "number") return String(Math.round(piece * 100) / 100);
  if (typeof piece === "string") return escaped(plain(piece));
  if ("markup" in piece) return piece.markup;
  return piece.map(render).join("");
}

function escaped(text: string): string {
  return text
    .replace(/&/g, "&amp;")
    .replace(/</g, "&lt;")
    .replace(/>/g, "&gt;")
    .replace(/"/g, "&quot;")
    .replace(/'/g, "&#39;");
}

/** A list or nothing, and how many more there were. */
export function upTo<T>(all: readonly T[], most: number): { readonly shown: readonly T[]; readonly left: number } {
  return { shown: all.slice(0, most), left: Math.max(0, all.length - most) };
}
