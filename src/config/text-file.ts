/**
 * Reads a small text file that somebody else wrote, without being hung, flooded or fooled by it: no pipes, no devices, no huge or binary files.
 * Every failure is a message for the user, never an exception.
 */
import { readFile, stat } from "node:fs/promises";
import { errorCode } from "./paths.ts";

export const MAX_TEXT_BYTES = 1024 * 1024;

export interface Unreadable {
  readonly message: string;
  readonly remedy: string;
}

/** The file's text as UTF-8 without byte-order mark, or why it cannot be had. */
export async function readText(file: string): Promise<{ readonly text: string } | Unreadable> {
  try {
    const found = await stat(file);
    if (found.isDirectory()) return { message: "is a folder, not a file", remedy: "Name the file in it." };
    if (!found.isFile()) return { message: "is not a regular file", remedy: "Replace it by a text file." };
    if (found.size > MAX_TEXT_BYTES) {
      return { message: `is larger than ${MAX_TEXT_BYTES} bytes`, remedy: "Check that the right file is named." };
    }
    const bytes = await readFile(file);
    if (bytes.includes(0)) return { message: "is a binary file", remedy: "Save it as UTF-8 text (not UTF-16)." };
    return { text: new TextDecoder("utf-8", { fatal: true }).decode(bytes) };
  } catch (error) {
    if (error instanceof TypeError) return { message: "is not UTF-8 text", remedy: "Save it as UTF-8." };
    return {
      message: `cannot be read (${errorCode(error) ?? "unknown reason"})`,
      remedy: REMEDIES[errorCode(error) ?? ""] ?? "Make it a readable text file.",
    };
  }
}

const REMEDIES: Readonly<Record<string, string>> = {
  ENOENT: "Restore what the link points at, or name another file.",
  ELOOP: "Its symbolic links lead in a circle: replace them by a file.",
  EACCES: "Give the current user the right to read it.",
};
