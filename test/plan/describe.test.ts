import { describe, expect, it } from "vitest";
import type { ActionResult } from "../../src/exec/executor.ts";
import { describeEnd } from "../../src/plan/describe.ts";

function ended(stderr: string) {
  const result = { status: { kind: "exited", code: 1 }, stdout: "", stderr } as ActionResult<never>;
  return describeEnd({ kind: "ran", result }, "project/wheel");
}

describe("the reason of an action that failed", () => {
  it.each([
    [
      "Traceback (most recent call last):\n  File 'x'\nFileNotFoundError: no VERSION\n",
      ": FileNotFoundError: no VERSION",
    ],
    ["a.b.BackendError: one\nerror: two packages\n\nsee the manual\n", ": two packages"],
    ["0 errors: none\nit said something else\n", ""],
    ["", ""],
  ])("holds the last line of %j that names an error", (stderr, words) => {
    expect(ended(stderr).reason).toBe(`project/wheel failed (exit status 1)${words}`);
  });

  it("has the last twenty lines below it", () => {
    const lines = Array.from({ length: 30 }, (_, i) => `line ${i}`);
    expect(ended(lines.join("\n")).detail?.split("\n")).toEqual(lines.slice(10));
  });
});
