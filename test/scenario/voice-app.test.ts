import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Checked, Scenario } from "./command.ts";
import { stepOf, voiceApp } from "./command.ts";

let app: Scenario;
let first: Checked;
beforeAll(async () => {
  app = voiceApp();
  first = await app.check([]);
}, 400_000);
afterAll(() => app.dispose());

/** Versions that this machine has; the others are refused, which the scenarios accept and nothing else. */
const tried = (): string[] =>
  first.verdict.steps.flatMap((s) =>
    s.id === "unit-tests" && s.outcome === "passed" && s.python !== undefined ? [s.python] : [],
  );

/** Changes a file for one run and puts it back. */
async function changed(path: string, change: (text: string) => string, args: readonly string[]): Promise<Checked> {
  const before = readFileSync(join(app.folder, path), "utf8");
  const text = change(before);
  expect(text).not.toBe(before);
  app.write(path, text);
  try {
    return await app.check(args);
  } finally {
    app.write(path, before);
  }
}

describe("the voice application", () => {
  it("passes every check, every gate proved; only a Python version that the machine lacks is refused", () => {
    expect(first.stderr).not.toContain("bug in voicekey-pipeline");
    const reds = first.verdict.steps.filter((s) => s.outcome !== "passed");
    const lacking = (s: (typeof reds)[number]): boolean =>
      s.outcome === "refused" && s.python !== undefined && s.need === `python-${s.python}`;
    expect(reds.filter((s) => !lacking(s))).toEqual([]);
    expect(first.verdict.steps.filter((s) => s.outcome === "passed").map((s) => s.proved)).not.toContain(false);
    expect(tried().length).toBeGreaterThan(0);
    expect(first.exit).toBe(0);
  });

  it("leaves every promised evidence file, with the hash that the verdict says", () => {
    const report = readFileSync(join(first.evidence, "report.md"), "utf8");
    expect(report).toContain(first.verdict.plan);
    expect(JSON.parse(readFileSync(join(first.evidence, "plan.json"), "utf8"))).toMatchObject({
      digest: first.verdict.plan,
    });
    const paths = stepOf(first.verdict, "unit-tests", tried()[0]).evidence.map((e) => e.path);
    expect(paths.some((p) => p.endsWith("junit.xml"))).toBe(true);
    expect(stepOf(first.verdict, "lint").evidence.some((e) => e.path.endsWith(".sarif"))).toBe(true);
  });

  it("comes wholly from the cache when nothing changed, under the same plan digest", async () => {
    const again = await app.check([]);
    expect(again.verdict.plan).toBe(first.verdict.plan);
    expect(again.verdict.steps.filter((s) => s.outcome === "passed" && !s.cached)).toEqual([]);
  });

  it("reruns after a change of a document nothing that does not read it", async () => {
    const { verdict } = await changed("docs/usage.md", (t) => `${t}\nMore.\n`, ["--only", "format,lint,types"]);
    expect(verdict.plan).not.toBe(first.verdict.plan);
    expect(verdict.steps.map((s) => [s.id, s.cached])).toEqual([
      ["format", true],
      ["lint", true],
      ["types", true],
    ]);
  });

  it("goes red in format for a badly formatted file, and names it", async () => {
    const { verdict, exit } = await changed("src/parley/cli.py", (t) => `${t}\nx = { 'a':1 }\n`, ["--only", "format"]);
    expect(stepOf(verdict, "format")).toMatchObject({ outcome: "failed", proved: true });
    expect(stepOf(verdict, "format").detail).toContain("src/parley/cli.py");
    expect(exit).toBe(1);
  });

  it("goes red in lint for a name that does not exist, with file and line", async () => {
    const { verdict, stderr } = await changed("src/parley/cli.py", (t) => `${t}\nno_such_name()\n`, ["--only", "lint"]);
    expect(stepOf(verdict, "lint")).toMatchObject({ outcome: "failed", proved: true });
    expect(stepOf(verdict, "lint").detail).toMatch(/src\/parley\/cli\.py:\d+.*F821/);
    expect(stderr).toContain("F821");
  });

  it("goes red in types for a value of the wrong type", async () => {
    const { verdict } = await changed("src/parley/cli.py", (t) => `${t}\nWRONG: int = "text"\n`, ["--only", "types"]);
    expect(stepOf(verdict, "types")).toMatchObject({ outcome: "failed", proved: true });
    expect(stepOf(verdict, "types").detail).toContain("assignment");
  });

  it("goes red in unit tests when the code is broken, and names the test", async () => {
    const broken = (t: string): string => `${t}\n\ndef test_that_is_red() -> None:\n    assert 1 == 2\n`;
    const { verdict } = await changed("tests/unit/test_cli.py", broken, ["--only", "unit-tests"]);
    expect(stepOf(verdict, "unit-tests", tried()[0])).toMatchObject({ outcome: "failed", proved: true });
    expect(stepOf(verdict, "unit-tests", tried()[0]).detail).toContain("test_that_is_red");
  });

  it("goes red in unit tests when coverage falls below the floor", async () => {
    const { verdict } = await changed("pipeline.yaml", (t) => t.replace("coverage: 85", "coverage: 99.9"), [
      "--only",
      "unit-tests",
      "--no-prove",
    ]);
    expect(stepOf(verdict, "unit-tests", tried()[0]).reason).toMatch(/% of statements covered, the floor is 99.9 %/);
    expect(stepOf(verdict, "unit-tests", tried()[0]).outcome).toBe("failed");
  });

  it("notices settings of the app that blind a gate", async () => {
    const blind = (t: string): string => t.replace("[tool.ruff.lint]\n", '[tool.ruff.lint]\nignore = ["F821"]\n');
    const { verdict } = await changed("pyproject.toml", blind, ["--only", "lint"]);
    expect(stepOf(verdict, "lint")).toMatchObject({ outcome: "failed", proved: false });
    expect(stepOf(verdict, "lint").reason).toContain("the gate does not gate");
  });

  it("fails a project that does not build with the back end's words", async () => {
    const broken = (t: string): string => t.replace('path = "src/parley/__init__.py"', 'path = "src/parley/gone.py"');
    const { verdict } = await changed("pyproject.toml", broken, ["--only", "unit-tests", "--no-prove"]);
    const step = stepOf(verdict, "unit-tests", tried()[0]);
    expect(step).toMatchObject({ outcome: "failed", reason: expect.stringContaining("project/wheel") });
    expect(step.detail).toContain("gone.py");
  });
});
