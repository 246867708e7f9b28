import { describe, expect, it } from "vitest";
import { captureStream, STREAM_CAP } from "../../../src/exec/host/captured-stream.ts";
import { redactor } from "../../../src/exec/host/redact.ts";

function captured(pieces: readonly Buffer[], secrets: readonly string[] = []) {
  const lines: string[] = [];
  const stream = captureStream(secrets, (line) => lines.push(line));
  for (const piece of pieces) stream.push(piece);
  return { text: stream.end(), lines };
}

describe("redaction", () => {
  it("finds a secret however the text is cut into pieces", () => {
    const text = "before s3cr3t-token after";
    for (let first = 0; first <= text.length; first++) {
      for (let second = first; second <= text.length; second++) {
        const r = redactor(["s3cr3t-token"]);
        const out =
          r.push(text.slice(0, first)) + r.push(text.slice(first, second)) + r.push(text.slice(second)) + r.end();
        expect(out).toBe("before *** after");
      }
    }
  });

  it("takes the longer of two secrets that begin alike, also when the shorter one arrives first", () => {
    const r = redactor(["abcd", "abcdefgh"]);
    expect(r.push("x abcd") + r.push("efgh abcd.") + r.end()).toBe("x *** ***.");
  });

  it("finds the forms in which tools show a value: JSON, percent-encoded, Base64, its single lines", () => {
    const value = 'quo"te/and more\nsecond line of it';
    const base64 = Buffer.from(value).toString("base64");
    const r = redactor([value]);
    const shown = `${JSON.stringify(value)} ${encodeURIComponent(value)} ${base64} [second line of it]`;
    expect(r.push(shown) + r.end()).toBe('"***" *** *** [***]');
  });

  it("leaves text alone where there is no secret, and ignores an empty one", () => {
    const r = redactor([""]);
    expect(r.push("text") + r.end()).toBe("text");
  });
});

describe("a captured stream", () => {
  it("decodes characters that are split over two pieces and replaces what is not UTF-8", () => {
    const snow = Buffer.from("☃");
    expect(captured([snow.subarray(0, 1), snow.subarray(1), Buffer.from([0xff])]).text).toBe("☃\ufffd");
  });

  it("hands on whole lines, the last one without its end too", () => {
    expect(captured([Buffer.from("a\r\nb"), Buffer.from("c\n\nd")]).lines).toEqual(["a", "bc", "", "d"]);
  });

  it("keeps everything up to the cap", () => {
    const text = `${"x".repeat(1023)}\n`.repeat(STREAM_CAP / 1024);
    expect(captured([Buffer.from(text)]).text).toBe(text);
  });

  it("past the cap keeps head and tail and says exactly how many bytes are missing", () => {
    const line = `${"x".repeat(1023)}\n`;
    const pieces = Array.from({ length: 20 * 1024 }, () => Buffer.from(line));
    const { text } = captured([Buffer.from("FIRST\n"), ...pieces, Buffer.from("LAST\n")]);
    const missing = Number(/^\[… (\d+) bytes left out …\]$/m.exec(text)?.[1]);
    const kept = Buffer.byteLength(text) - Buffer.byteLength(`[… ${missing} bytes left out …]\n`);
    expect(text.startsWith("FIRST\n") && text.endsWith("LAST\n")).toBe(true);
    expect(missing + kept).toBe(20 * 1024 * 1024 + 11);
    expect(kept).toBeLessThanOrEqual(STREAM_CAP);
  });

  it("shows no rest of a secret that was torn by bytes that nobody read", () => {
    const stream = captureStream(["s3cr3t-token"], () => undefined);
    stream.push(Buffer.from("one s3cr3t"));
    stream.skip(1000);
    stream.push(Buffer.from("r3t-token two\nthree\n"));
    const text = stream.end();
    expect(text).not.toContain("r3t-token");
    expect(text).toContain("three\n");
    expect(text).toMatch(/\d+ bytes left out/);
  });
});
