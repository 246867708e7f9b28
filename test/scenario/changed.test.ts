import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Plan } from "../../src/plan/plan.ts";
import { type Scenario, smallApp, stepOf } from "./command.ts";

const FAST = ["--only", "format,lint"];
const CHANGED = ["--changed", ...FAST];

let app: Scenario;
beforeAll(() => {
  app = smallApp({ "requirements.lock": "", "docs/guide.md": "# Guide\n", "CHANGELOG.md": "# Changes\n" });
  app.git("branch", "-M", "main");
  app.git("checkout", "-q", "-b", "change");
});
afterAll(() => app.dispose());

/** Brings the working tree back to the merge base. */
function undo(): void {
  app.git("checkout", "-q", "-B", "change", "main");
  app.git("clean", "-q", "-f", "-d");
}

async function planned(args: readonly string[] = []): Promise<{ plan: Plan; stderr: string }> {
  const done = await app.run(["plan", "pr-checks", "--changed", "--format", "json", ...args]);
  return { plan: JSON.parse(done.stdout) as Plan, stderr: done.stderr };
}

const leftOut = (plan: Plan): string[] => plan.steps.filter((s) => s.leftOut).map((s) => s.id);

describe("--changed", () => {
  it("leaves out what a new page of documentation cannot affect, and the verdict says that it is partial", async () => {
    app.write("docs/other.md", "# Other\n");
    const { plan } = await planned();
    expect(leftOut(plan)).toEqual(expect.arrayContaining(["format", "lint", "types"]));
    expect(leftOut(plan)).not.toContain("unit-tests");

    const done = await app.check(CHANGED);
    const base = app.git("rev-parse", "main").trim();
    expect(done.exit).toBe(0);
    expect(done.verdict).toMatchObject({
      outcome: "passed",
      proved: false,
      partial: { base, leftOut: ["format", "lint"], of: 2 },
    });
    expect(stepOf(done.verdict, "lint")).toMatchObject({ outcome: "skipped", proofs: [] });
    expect(stepOf(done.verdict, "lint").reason).toContain(
      `nothing that it reads changed since ${base.slice(0, 7)}: 1 file changed, it reads **/*.py`,
    );
    expect(done.stderr).toMatch(/^partial run {2}2 of 2 steps were left out/m);
    undo();
  });

  it("runs and proves what a change of the code can affect", async () => {
    app.write("src/small/__init__.py", '"""Changed."""\n');
    app.commit();
    const done = await app.check(CHANGED);
    expect(done.exit).toBe(0);
    expect(done.verdict).toMatchObject({ outcome: "passed", proved: true });
    expect(done.verdict).not.toHaveProperty("partial");
    undo();
  });

  it("runs everything when the config changed, even one that only stands where a config is looked for", async () => {
    for (const file of ["pipeline.yaml", ".github/pipeline.yaml"]) {
      app.write(file, "schema: 1\n# more\n");
      const { plan, stderr } = await planned();
      expect(leftOut(plan)).toEqual([]);
      expect(stderr).toContain("every step runs in spite of --changed: the config changed since");
      undo();
    }
  });

  it("sees a config beside the code that a named pointer leads to", async () => {
    app.write("own.yaml", "use: real.yaml\n");
    app.write("real.yaml", "schema: 1\n");
    app.git("checkout", "-q", "main");
    app.commit();
    app.git("checkout", "-q", "-B", "change");
    const named = ["--config", "own.yaml", ...FAST];
    app.write("real.yaml", "schema: 1\n# more\n");
    const { stderr } = await planned(named);
    expect(stderr).toContain("the config changed since");
    undo();
  });

  it("runs everything where there is no merge base, and says so", async () => {
    const alone = smallApp();
    try {
      alone.git("branch", "-M", "topic");
      const done = await alone.run(["plan", "pr-checks", "--changed"]);
      expect(done.stderr).toContain("every step runs in spite of --changed: there is no merge base");
      expect(done.stdout).not.toContain("left out");
      expect(done.stdout).toBe((await alone.run(["plan", "pr-checks"])).stdout);
    } finally {
      alone.dispose();
    }
  });

  it("is refused together with --strict", async () => {
    const done = await app.run(["pr-checks", "--strict", ...CHANGED]);
    expect(done.exit).toBe(2);
    expect(done.stderr).toContain("--strict and --changed contradict each other");
  });
});
