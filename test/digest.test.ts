import { describe, expect, it } from "vitest";
import { canonicalJson, digestOf, sha256Hex } from "../src/digest.ts";

describe("canonical JSON", () => {
  it("does not depend on the order in which keys were set", () => {
    expect(canonicalJson({ b: 1, a: [{ z: null, y: "é" }] })).toBe('{"a":[{"y":"é","z":null}],"b":1}');
  });
  it("leaves undefined members out", () => {
    expect(canonicalJson({ a: undefined, b: 1 })).toBe('{"b":1}');
  });
  it.each([[[undefined]], [Number.NaN], [new Map()], [10n], [() => 1], [new Date(0)], [Array(1)]])(
    "refuses what JSON would hide: %s",
    (value) => {
      expect(() => canonicalJson({ value })).toThrow(TypeError);
    },
  );
});

it("digests are SHA-256 over UTF-8", () => {
  expect(sha256Hex("abc")).toBe("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  expect(digestOf("é")).toBe(`sha256:${sha256Hex(Buffer.from('"é"', "utf8"))}`);
});
