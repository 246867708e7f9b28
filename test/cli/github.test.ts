import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { main } from "../../dagger/cli/main.ts";
import { everyOutcome, run, step } from "../evidence/verdicts.ts";
import { type FakeIo, fakeIo, fakeSession } from "./fakes.ts";

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "github-"));
});
afterEach(() => rm(folder, { recursive: true }));

async function prChecks(
  env: Record<string, string>,
  args: readonly string[] = [],
  verdict = everyOutcome,
): Promise<FakeIo> {
  const fake = fakeIo(fakeSession(verdict), { cwd: folder, env });
  await main(["pr-checks", ...args], fake.io);
  return fake;
}

const github = () => ({ GITHUB_ACTIONS: "true", GITHUB_STEP_SUMMARY: join(folder, "step-summary") });

describe("in GitHub Actions", () => {
  test("the summary is appended to what the job already has", async () => {
    await writeFile(join(folder, "step-summary"), "before\n");
    await prChecks(github());
    expect(await readFile(join(folder, "step-summary"), "utf8")).toMatch(
      /^before\n## ❌ pr-checks of `parley-voice`: failed\n/,
    );
  });

  test("annotations follow the report on stdout", async () => {
    const { out } = await prChecks(github());
    const lines = out.text().trimEnd().split("\n");
    expect(lines.slice(-3)).toEqual([
      "::error title=lint::2 findings",
      "::error title=types::the gate does not gate: wrong-type (a wrong-type)",
      "::warning title=unit-tests@3.12%3A refused::there is no Python 3.12 here, and none could be fetched (install Python 3.12 and put it on PATH)",
    ]);
  });

  test("no line of the application is taken for a command: commands are stopped until the annotations begin", async () => {
    const sly = run(
      [step("lint", { outcome: "failed", reason: "r", detail: "a\n::add-mask::everything\n##[add-mask]b" })],
      { outcome: "failed" },
    );
    const { out, err } = await prChecks(github(), [], sly);
    const lines = out.text().split("\n");
    const word = /^::stop-commands::([0-9a-f]{32})$/.exec(lines[0] ?? "")?.[1];
    const again = lines.indexOf(`::${word}::`);
    const said = lines.findIndex((l) => l.includes("::add-mask::"));
    expect(said).toBeGreaterThan(0);
    expect(again).toBeGreaterThan(said);
    expect(lines.findIndex((l) => l.startsWith("::error"))).toBeGreaterThan(again);
    expect(err.text()).not.toContain(word);
  });

  test("commands are taken again when the run breaks", async () => {
    const session = fakeSession(everyOutcome, { run: () => Promise.reject(new Error("broken")) });
    const fake = fakeIo(session, { cwd: folder, env: github() });
    await main(["pr-checks"], fake.io).catch(() => undefined);
    expect(fake.out.text()).toMatch(/^::stop-commands::(\w+)\n::\1::\n$/);
  });

  test("--json leaves stdout to the one document", async () => {
    const { out } = await prChecks(github(), ["--json"]);
    expect(JSON.parse(out.text())).toEqual(everyOutcome);
  });

  test("a summary that cannot be written is a note, and changes no verdict", async () => {
    const fake = fakeIo(fakeSession(run([step("lint")])), {
      cwd: folder,
      env: { ...github(), GITHUB_STEP_SUMMARY: join(folder, "no", "where") },
    });
    expect(await main(["pr-checks"], fake.io)).toBe(0);
    expect(fake.err.text()).toContain("note: the job summary could not be written: ENOENT");
  });
});

test("elsewhere nothing of this happens, even with the file's name in the environment", async () => {
  const { GITHUB_ACTIONS: _, ...env } = github();
  const { out } = await prChecks(env);
  expect(out.text()).not.toContain("::");
  await expect(readFile(join(folder, "step-summary"))).rejects.toThrow("ENOENT");
});
