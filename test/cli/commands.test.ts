import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { main } from "../../dagger/cli/main.ts";
import type { Opened } from "../../dagger/cli/session-port.ts";
import { hostWords } from "../../src/command-words.ts";
import { CATALOGUE, type ErrorCode, remedyOf } from "../../src/errors.ts";
import { everyOutcome, everyOutcomePlan, run, step } from "../evidence/verdicts.ts";
import { fakeIo, fakeSession } from "./fakes.ts";

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "cli-"));
});
afterEach(() => rm(folder, { recursive: true }));

async function call(argv: readonly string[], verdict = run([step("lint")]), more: Partial<Opened> = {}) {
  const session = fakeSession(verdict, more);
  const fake = fakeIo(session, { cwd: folder });
  const exit = await main(argv, fake.io);
  return { exit, out: fake.out.text(), err: fake.err.text(), session };
}

describe("plan", () => {
  test("prints the digest on the first line and runs nothing", async () => {
    const { exit, out, session } = await call(["plan", "pr-checks", "--only", "lint", "--no-prove"]);
    expect(exit).toBe(0);
    expect(out.split("\n")[0]).toBe(`plan ${everyOutcomePlan.digest}`);
    expect(session.opens).toMatchObject([{ only: ["lint"], prove: false }]);
    expect(session.runs).toEqual([]);
  });

  test.each([
    ["json", /^\{/],
    ["mermaid", /^%% plan .+\nflowchart LR\n/],
    ["dot", /^\/\/ plan .+\ndigraph plan \{\n/],
  ])("as %s is nothing but that on stdout", async (format, form) => {
    expect((await call(["plan", "pr-checks", "--format", format])).out).toMatch(form);
  });
});

describe("list", () => {
  test("shows each step with its requirements and tripwires", async () => {
    expect((await call(["list"])).out).toMatchInlineSnapshot(`
      "step        title       requirements  tripwires
      toy         Toy         C1            bad
      unit-tests  Unit tests  C1
      "
    `);
  });

  test("as JSON is an array of steps", async () => {
    const { out } = await call(["list", "--json"]);
    expect(JSON.parse(out)).toEqual([
      {
        id: "toy",
        title: "Toy",
        requirements: ["C1"],
        goals: ["pr-checks"],
        needs: [],
        perPython: false,
        tripwires: [{ id: "bad", title: "a bad file", scope: "app" }],
      },
      {
        id: "unit-tests",
        title: "Unit tests",
        requirements: ["C1"],
        goals: ["pr-checks"],
        needs: ["toy"],
        perPython: true,
        tripwires: [],
      },
    ]);
  });
});

describe("explain", () => {
  test("a step: what it needs, its poisons, its keys, how it can end", async () => {
    expect((await call(["explain", "toy"])).out).toMatchInlineSnapshot(`
      "toy: Toy
      requirements: C1
      goals: pr-checks
      runs once

      proves itself on planted defects:
        bad  a bad file  over your application

      config:
        checks.toy.paths  list of string  Where to look.

      how it can end:
        passed   the tools ran, their reports are complete, and nothing was found beyond the baseline
        failed   something was found, a tool crashed, a report is missing, or a planted defect was not caught
        skipped  by checks.toy.skip: "reason" in the config, or by --changed when nothing that it reads changed
        refused  this machine cannot run it: a Python version is missing and cannot be fetched, or the platform differs
        blocked  a step that it needs is not green

      what it finds and how: docs/checks.md#toy; every key: docs/configuration.md
      "
    `);
  });

  test("a step per Python version says so, and what blocks it", async () => {
    const { out } = await call(["explain", "unit-tests"]);
    expect(out).toContain("once for each Python version");
    expect(out).toContain("needs: toy");
  });

  test.each(Object.entries(CATALOGUE))("%s, from the catalogue", async (code, entry) => {
    const { exit, out } = await call(["explain", code]);
    expect(exit).toBe(0);
    expect(out).toBe(
      `${code}: ${entry.title}\nlikely cause: ${entry.cause}\nwhat to do: ${remedyOf(code as ErrorCode, hostWords("voicekey-pipeline"))}\nexit status: ${entry.exit}\n`,
    );
  });

  test("a code in any case", async () => {
    expect((await call(["explain", "config-invalid"])).out).toMatch(/^CONFIG_INVALID: /);
  });

  test.each([
    ["tyo", "toy"],
    ["config_invlid", "CONFIG_INVALID"],
  ])("%s, which is unknown, ends with 2 and the nearest known name", async (what, near) => {
    const { exit, err } = await call(["explain", what]);
    expect(exit).toBe(2);
    expect(err).toContain(`did you mean “${near}”?`);
  });
});

describe("selfproof", () => {
  test("asks for the proofs only, of the steps that were named", async () => {
    const { exit, out, session } = await call(["selfproof", "lint", "types,format"]);
    expect(exit).toBe(0);
    expect(session.opens).toMatchObject([{ only: ["lint", "types", "format"], prove: true, proofsOnly: true }]);
    expect(out).toMatch(
      /^step +poison .+\nlint +undefined-name .+ caught\n1 caught, 0 missed, 0 refused\nevidence evidence\n$/,
    );
  });

  test("of all steps when none is named", async () => {
    expect((await call(["selfproof"])).session.opens).toMatchObject([{ only: [] }]);
  });

  test("ends with 1 when a poison was missed, and with --json prints the verdict alone", async () => {
    const { exit, out } = await call(["selfproof", "--json"], everyOutcome);
    expect(exit).toBe(1);
    expect(JSON.parse(out)).toEqual(everyOutcome);
  });
});

test("debug opens the step that was named, without proofs", async () => {
  const asked: string[] = [];
  const { exit, session } = await call(["debug", "unit-tests@3.12"], undefined, {
    debug: async (which) => void asked.push(which),
  });
  expect(exit).toBe(0);
  expect(session.opens).toMatchObject([{ only: ["unit-tests"], prove: false }]);
  expect(asked).toEqual(["unit-tests@3.12"]);
});

test("baseline says where it wrote and how much is known", async () => {
  expect((await call(["baseline"])).out).toBe("pipeline-baseline.json: 3 known findings (lint: 3)\n");
  expect(JSON.parse((await call(["baseline", "--json"])).out)).toMatchObject({ findings: 3 });
});
