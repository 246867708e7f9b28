import { expect, test } from "vitest";
import { IMAGES, imageKey, imageReference } from "../../src/toolchains/images.ts";

test.each(Object.entries(IMAGES))("the image %s is named with its version and pinned by digest", (_, reference) => {
  expect(reference).toMatch(/^[a-z]+:\d+(\.\d+)?-[a-z-]+@sha256:[0-9a-f]{64}$/);
});

test.each(["3.11", "3.12", "3.13"])("there is an image for Python %s, and it is of that version", (version) => {
  expect(imageReference(imageKey(version), {})).toContain(`python:${version}-`);
});

test("where the version cannot matter, there is one image for all", () => {
  expect(imageReference(imageKey("any"), {})).toBe(IMAGES.python);
});

test("a config replaces an image by its key, and an unknown key is none", () => {
  expect(imageReference("python-3.11", { "python-3.11": "mirror@sha256:1" })).toBe("mirror@sha256:1");
  expect(imageReference("python-2.7", {})).toBeUndefined();
  expect(imageReference("constructor", {})).toBeUndefined();
});
