import * as fs from "node:fs/promises";
import * as path from "node:path";
import { describe, expect, it } from "vitest";
import type { Action } from "../../../src/exec/action.ts";
import { pythonAction } from "../../../src/exec/conformance/case.ts";
import { HostExecutor } from "../../../src/exec/host/host-executor.ts";
import { generalNeeds, idOf, needsOf, type Wanted } from "../../../src/exec/host/needs.ts";
import { examine } from "../../../src/exec/host/needs-examine.ts";
import { plan, planned, proof, step } from "../../evidence/verdicts.ts";
import { action, output } from "../../plan/fakes.ts";
import { fakeMachine } from "./fake-machine.ts";
import { optionsFor, PACKAGE_ROOT, removeTemporaryFolders, temporary } from "./harness.ts";

removeTemporaryFolders();
const nothingMore = { environments: { ready: 0, all: 0 }, packages: [] };
const never = new AbortController().signal;
const python = (version: string) => ({ toolchain: { image: "python", python: version, environments: {} } });
const stepsOf = (wanted: readonly Wanted[]) => Object.fromEntries(wanted.map((w) => [idOf(w), w.steps]));

/** A plan of one step that does this. */
const planOf = (only: Action) => plan([planned(step("toy"), { actions: { run: only.id } })], { actions: [only] });

describe("the needs of a plan", () => {
  it("are those of the actions of each step, of what these read, and of their proofs; a skipped step needs nothing", () => {
    const found = needsOf(
      plan(
        [
          planned(step("lint"), { actions: { run: "lint/run" } }),
          planned(step("unit-tests", { python: "3.12" }), {
            actions: { run: "unit/run" },
            proofs: [{ ...proof("failing"), actions: { run: "unit/proof" }, expect: [] }],
          }),
          planned(step("docs"), { skip: "none yet", actions: { run: "docs/run" } }),
        ],
        {
          actions: [
            action("wheel", {}, python("3.11")),
            action("lint/run"),
            action("unit/run", { wheel: output("wheel") }, python("3.12")),
            action("unit/proof", {}, { secrets: { TOKEN: "upload-token" } }),
            action("docs/run", {}, python("3.13")),
          ],
        },
      ),
      "linux/amd64",
      { environments: { ready: 1, all: 2 }, packages: ["chromium"] },
    );
    expect(stepsOf(found)).toEqual({
      ...Object.fromEntries(
        ["platform-linux", "git", "cache", "python-any", "uv", "isolation", "environments"].map((id) => [
          id,
          ["lint", "unit-tests"],
        ]),
      ),
      dagger: [],
      "python-3.11": ["unit-tests"],
      "python-3.12": ["unit-tests"],
      "secret-upload-token": ["unit-tests"],
      "package-chromium": [],
    });
    expect(found.find((w) => w.kind === "environments")).toMatchObject({ ready: 1, all: 2 });
  });

  it("are told once each", () => {
    const twice = [action("a", {}, python("3.12")), action("b", {}, python("3.12"))];
    const found = needsOf(
      plan([planned(step("toy"), { actions: { a: "a", b: "b" } }), planned(step("other"), { actions: { b: "b" } })], {
        actions: twice,
      }),
      "linux/amd64",
      nothingMore,
    );
    expect(new Set(found.map(idOf)).size).toBe(found.length);
    expect(stepsOf(found)["python-3.12"]).toEqual(["toy", "other"]);
  });
});

/** Every way in which the host executor can refuse, and the machine on which it does. */
const refusals: Readonly<Record<string, { readonly of: Partial<Action>; readonly env?: NodeJS.ProcessEnv }>> = {
  "another platform": { of: { platform: "windows/amd64" } },
  "a secret that was not given": { of: { secrets: { KEY: "unknown-key" } } },
  "a Python that is not here": { of: python("3.99"), env: { ...process.env, UV_OFFLINE: "1" } },
  "no Python at all": { of: python("any"), env: { PATH: "/nonexistent", HOME: "/nonexistent" } },
};

describe("a refusal", () => {
  it.each(Object.entries(refusals))(
    "for %s names a line that doctor prints, lacking",
    async (_why, { of, env: hostEnv = process.env }) => {
      const refused = { ...pythonAction("", { code: "pass" }), ...of };
      const executor = new HostExecutor(await optionsFor(await temporary(), { hostEnv }));
      const refusal = await executor.refuses(refused);
      expect(refusal?.remedy).not.toContain("doctor");
      const bare = fakeMachine((state) => state.pythons.clear());
      const lines = await examine(needsOf(planOf(refused), "linux/amd64", nothingMore), bare, never);
      expect(lines.find((n) => n.id === refusal?.need)).toMatchObject({ found: null, required: true, steps: ["toy"] });
    },
  );

  it("has no other way than these", async () => {
    const text = await fs.readFile(path.join(PACKAGE_ROOT, "src/exec/host/host-executor.ts"), "utf8");
    // The two Pythons are one way.
    expect(text.match(/return refusal\(/g)).toHaveLength(Object.keys(refusals).length - 1);
    expect(text.match(/\breason\b/g)).toHaveLength(2);
  });
});

it("without a plan, what any run needs can be told", async () => {
  const lines = await examine(generalNeeds("linux/amd64"), fakeMachine(), never);
  expect(lines.map((n) => n.id)).toEqual([
    ...["platform-linux", "git", "cache", "python-any", "uv", "isolation", "dagger"],
  ]);
});
