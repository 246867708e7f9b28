import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import * as z from "zod";
import { type RepositoryFile, readRepositoryFile, repositoryFiles } from "../files.ts";

const workflows = repositoryFiles(/^\.github\/(workflows|actions)\/.+\.ya?ml$/);

const Pin = /^(?<name>[\w.-]+(?:\/[\w.-]+)+)@(?<commit>[0-9a-f]{40}) # (?<version>v\d+\.\d+\.\d+)$/;

const Workflow = z.object({
  permissions: z.record(z.string(), z.string()),
  concurrency: z.object({ group: z.string() }),
  jobs: z.record(
    z.string(),
    z.object({
      permissions: z.record(z.string(), z.string()),
      "timeout-minutes": z.number().positive(),
      "runs-on": z.string(),
      steps: z.array(
        z.object({
          uses: z.string().optional(),
          run: z.string().optional(),
          with: z.record(z.string(), z.unknown()).optional(),
        }),
      ),
    }),
  ),
});

/** What stands behind each `uses:`, comment included. */
function uses(file: RepositoryFile): string[] {
  return [...file.text.matchAll(/^\s*(?:- )?uses:\s*(.+?)\s*$/gm)].map((m) => m[1] ?? "");
}

function pinnedTable(): string[] {
  return readRepositoryFile(".github/pinned-actions.txt")
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"));
}

function notPinned(file: RepositoryFile, table: readonly string[]): string[] {
  return uses(file).filter((use) => !Pin.test(use) || !table.includes(use));
}

test("there are workflows to look at", () => {
  expect(workflows.map((f) => f.path)).toContain(".github/workflows/pr.yml");
});

test("every action of a workflow is a full commit with its version, as the reviewed list has it", () => {
  const table = pinnedTable();
  expect(table.filter((line) => !Pin.test(line))).toEqual([]);
  for (const file of workflows) expect(notPinned(file, table), file.path).toEqual([]);
});

test("the reviewed list holds nothing that no workflow uses", () => {
  const used = new Set(workflows.flatMap(uses));
  expect(pinnedTable().filter((line) => !used.has(line))).toEqual([]);
});

describe("a pin is not accepted", () => {
  const commit = "3d3c42e5aac5ba805825da76410c181273ba90b1";
  const table = [`actions/checkout@${commit} # v7.0.1`];
  test.each([
    ["a tag", "actions/checkout@v7"],
    ["a commit without its version", `actions/checkout@${commit}`],
    ["a commit of 39 characters", `actions/checkout@${commit.slice(1)} # v7.0.1`],
    ["a version that is only a major one", `actions/checkout@${commit} # v7`],
    ["another commit than the reviewed one", `actions/checkout@${commit.replace("3d", "4d")} # v7.0.1`],
    ["an action that nobody reviewed", `someone/else@${commit} # v7.0.1`],
    ["a local action", "./.github/actions/x"],
  ])("for %s", (_what, use) => {
    expect(notPinned({ path: "x", text: `      - uses: ${use}\n` }, table)).toEqual([use]);
  });
});

describe.each(workflows.filter((f) => f.path.startsWith(".github/workflows/")))("$path", ({ text }) => {
  const workflow = Workflow.parse(parse(text));
  const jobs = Object.entries(workflow.jobs);

  test("grants nothing at the top, and each job says what it needs", () => {
    expect(workflow.permissions).toEqual({});
  });

  test("bounds the time of every job", () => {
    expect(jobs.filter(([, job]) => job["timeout-minutes"] > 60).map(([name]) => name)).toEqual([]);
  });

  test("leaves no credentials behind a checkout", () => {
    const checkouts = jobs.flatMap(([, job]) => job.steps).filter((s) => s.uses?.startsWith("actions/checkout@"));
    expect(checkouts.length).toBeGreaterThan(0);
    expect(checkouts.filter((s) => s.with?.["persist-credentials"] !== false)).toEqual([]);
  });

  test("holds no logic: one command a step, and nothing of GitHub's context inside it", () => {
    const commands = jobs.flatMap(([, job]) => job.steps).flatMap((s) => s.run ?? []);
    expect(commands.length).toBeGreaterThan(0);
    expect(commands.filter((c) => /\n\s*\S|\$\{\{|&&|\|\||;|\|/.test(c.trim()))).toEqual([]);
  });

  test("names runner images by version, never the moving latest", () => {
    expect(
      jobs.map(([, job]) => job["runs-on"]).filter((image) => !/^(?:ubuntu-\d\d\.04|windows-20\d\d)$/.test(image)),
    ).toEqual([]);
  });
});
