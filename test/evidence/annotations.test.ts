import { describe, expect, test } from "vitest";
import { renderAnnotations } from "../../src/evidence/annotations.ts";
import { endlessRecord, hostileRecord } from "./hostile-records.ts";
import { judged, recordOf, redRecord } from "./records.ts";
import { step } from "./verdicts.ts";

describe("annotations", () => {
  test("stand on the right lines of the repository: errors, then what is flaky or refused", () => {
    expect(renderAnnotations(redRecord)).toEqual([
      "::error file=fixtures/voice-app/src/app/cli.py,line=3,col=7,title=lint%3A F821::undefined name `x`",
      "::error file=fixtures/voice-app/tests/unit/test_app.py,line=12,title=unit-tests@3.11%3A test-failed::test_waits: assert 3 == 4",
      "::error title=unit-tests@3.11%3A test-error::test_starts: OSError",
      "::warning file=fixtures/voice-app/tests/unit/test_app.py,line=30,title=unit-tests@3.11%3A flaky::tests.unit.test_app::test_sometimes failed first and passed when it was run again",
      "::warning title=unit-tests@3.12%3A refused::there is no Python 3.12 here (install Python 3.12)",
    ]);
  });

  test("say the reason where a check failed without a finding of its own", () => {
    const verdict = step("types", { outcome: "failed", reason: "the gate does not gate: 100 %" });
    expect(renderAnnotations(recordOf([{ key: "types", verdict, judgement: judged() }]))).toEqual([
      "::error title=types::the gate does not gate: 100 %25",
    ]);
  });

  test("of a green run there are none", () => {
    expect(renderAnnotations(recordOf([{ key: "lint", verdict: step("lint"), judgement: judged() }]))).toEqual([]);
  });

  test("are as many as GitHub keeps, and say how many more there are", () => {
    const lines = renderAnnotations(endlessRecord());
    expect(lines.filter((l) => l.startsWith("::error "))).toHaveLength(10);
    expect(lines.filter((l) => l.startsWith("::warning "))).toHaveLength(10);
    expect(lines.filter((l) => l.startsWith("::notice"))).toEqual([
      "::notice::and 49990 more errors: see the job summary and results.sarif",
      expect.stringContaining("more warnings"),
    ]);
  });

  test("take turns, so that one check does not push out another", () => {
    const red = (id: string, n: number) => ({
      key: id,
      verdict: step(id, { outcome: "failed" as const }),
      judgement: judged({
        outcome: "failed",
        findings: Array.from({ length: n }, (_, i) => ({ rule: "r", message: `${i}` })),
      }),
    });
    expect(renderAnnotations(recordOf([red("lint", 50), red("types", 1)]))[1]).toBe("::error title=types%3A r::0");
  });

  test("are one command each, whatever the application says", () => {
    for (const line of renderAnnotations(hostileRecord)) {
      expect(line).toMatch(/^::(?:error|warning) (?:file=[^,:]+,(?:line=\d+,)?(?:col=\d+,)?)?title=[^,:]*::/);
      expect(line).not.toMatch(/[\p{Cc}\p{Cs}\u202e]/u);
    }
  });
});
