/**
 * One output stream of a command on its way into the result: decoded, redacted, cut into live lines, and kept up to a cap.
 * Reads no file and knows no process.
 */
import { redactor } from "./redact.ts";

/** Bytes of a stream that a result keeps: the first half and the last half of this. */
export const STREAM_CAP = 8 * 1024 * 1024;

/** A live line is handed on in pieces of this many characters where it has no end. */
const LINE_MAX = 64 * 1024;

export interface CapturedStream {
  push(bytes: Buffer): void;
  /** Tells that `bytes` of the stream were never read. What follows begins within a line. */
  skip(bytes: number): void;
  /** Call once; the kept text. */
  end(): string;
}

export function captureStream(secrets: readonly string[], onLine: (line: string) => void): CapturedStream {
  const kept = new Kept(STREAM_CAP / 2);
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  const clean = redactor(secrets);
  let line = "";
  let insideSkippedLine = false;

  const take = (text: string) => {
    if (text === "") return;
    kept.push(Buffer.from(text, "utf8"));
    const lines = (line + text).split("\n");
    line = lines.pop() ?? "";
    for (const whole of lines) onLine(whole.replace(/\r$/, ""));
    for (; line.length > LINE_MAX; line = line.slice(LINE_MAX)) onLine(line.slice(0, LINE_MAX));
  };

  return {
    push: (bytes) => {
      let rest = bytes;
      if (insideSkippedLine) {
        // The rest of a torn line could be the rest of a torn secret.
        const end = bytes.indexOf(10);
        kept.leaveOut(end < 0 ? bytes.length : end + 1);
        if (end < 0) return;
        insideSkippedLine = false;
        rest = bytes.subarray(end + 1);
      }
      take(clean.push(decoder.decode(rest, { stream: true })));
    },
    skip: (bytes) => {
      take(clean.push(decoder.decode()));
      // What is still held back could be the beginning of a torn secret.
      kept.leaveOut(bytes + Buffer.byteLength(clean.drop()));
      if (line !== "") onLine(line);
      line = "";
      insideSkippedLine = true;
    },
    end: () => {
      take(clean.push(decoder.decode()));
      take(clean.end());
      if (line !== "") onLine(line);
      return kept.text();
    },
  };
}

/** The first and the last bytes of a stream, at least `half` each where there are as many. */
class Kept {
  readonly #half: number;
  readonly #head: Buffer[] = [];
  #headBytes = 0;
  readonly #tail: Buffer[] = [];
  #tailBytes = 0;
  #leftOut = 0;
  #tailBeginsInLine = false;

  constructor(half: number) {
    this.#half = half;
  }

  push(bytes: Buffer): void {
    const room = this.#leftOut > 0 || this.#tailBytes > 0 ? 0 : this.#half - this.#headBytes;
    const first = bytes.subarray(0, room);
    const rest = bytes.subarray(first.length);
    if (first.length > 0) this.#head.push(first);
    this.#headBytes += first.length;
    if (rest.length === 0) return;
    this.#tail.push(rest);
    this.#tailBytes += rest.length;
    for (let oldest = this.#tail[0]; oldest !== undefined; oldest = this.#tail[0]) {
      if (this.#tailBytes - oldest.length < this.#half) break;
      this.#tail.shift();
      this.#tailBytes -= oldest.length;
      this.#leftOut += oldest.length;
      this.#tailBeginsInLine = oldest.at(-1) !== 10;
    }
  }

  leaveOut(bytes: number): void {
    this.#leftOut += bytes + this.#tailBytes;
    this.#tail.length = 0;
    this.#tailBeginsInLine = false;
    this.#tailBytes = 0;
  }

  text(): string {
    const head = Buffer.concat(this.#head);
    const tail = Buffer.concat(this.#tail);
    if (this.#leftOut === 0) return Buffer.concat([head, tail]).toString("utf8");
    const headEnd = head.lastIndexOf(10) + 1 || head.length;
    const tailStart = this.#tailBeginsInLine ? tail.indexOf(10) + 1 : 0;
    const missing = this.#leftOut + head.length - headEnd + tailStart;
    const before = head.toString("utf8", 0, headEnd);
    const note = `[… ${missing} bytes left out …]\n`;
    return `${before}${before.endsWith("\n") ? "" : "\n"}${note}${tail.toString("utf8", tailStart)}`;
  }
}
