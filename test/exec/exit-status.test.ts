import { expect, it } from "vitest";
import { describeExit } from "../../src/exec/exit-status.ts";

it.each([
  [{ kind: "exited", code: 3 }, "exit status 3"],
  [{ kind: "signalled", signal: "SIGKILL" }, "ended by SIGKILL"],
  [{ kind: "timed-out", afterSeconds: 9 }, "not ended within 9 s"],
] as const)("%j is said as “%s”", (status, words) => {
  expect(describeExit(status)).toBe(words);
});
