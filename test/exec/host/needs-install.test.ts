import { expect, it } from "vitest";
import { PipelineError } from "../../../src/errors.ts";
import { generalNeeds, type Wanted } from "../../../src/exec/host/needs.ts";
import { examine } from "../../../src/exec/host/needs-examine.ts";
import { Installer, withFailures } from "../../../src/exec/host/needs-install.ts";
import type { Machine } from "../../../src/exec/host/needs-machine.ts";
import { type FakeState, fakeMachine } from "./fake-machine.ts";

const never = new AbortController().signal;
const wanted: Wanted[] = [
  ...generalNeeds("linux/amd64"),
  { kind: "python", version: "3.12", steps: ["unit-tests"] },
  { kind: "package", name: "bubblewrap", steps: [] },
  { kind: "package", name: "chromium", steps: [] },
];
const bare = (state: FakeState): void => {
  state.programs.delete("bwrap");
  state.uv = false;
  state.level = "namespaces";
};

async function install(change: (state: FakeState) => void, more: Partial<Machine> = {}) {
  const machine = fakeMachine(change, more);
  const said: string[] = [];
  const failed = await new Installer(machine, (line) => said.push(line)).install(
    await examine(wanted, machine, never),
    never,
  );
  const after = withFailures(await examine(wanted, machine, never), failed);
  return { said, changes: machine.state.changes, after: Object.fromEntries(after.map((n) => [n.id, n])) };
}

it("it runs the cure of everything that lacks, the lists updated once, and each cure once", async () => {
  const { changes, said, after } = await install(bare);
  expect(changes).toEqual([
    "fetch uv",
    "apt-get update",
    "apt-get install -y --no-install-recommends --no-remove -o APT::Cmd::Pattern-Only=true bubblewrap",
    "uv python install 3.12",
    "apt-get install -y --no-install-recommends --no-remove -o APT::Cmd::Pattern-Only=true chromium",
  ]);
  expect(said[0]).toContain("uv: ");
  expect(after).toMatchObject({
    ...{ uv: { found: {} }, isolation: { found: {} }, "python-3.12": { found: { version: "3.12.1" } } },
    "package-chromium": { found: { version: "1.0-1" } },
  });
});

it("where nothing lacks it runs nothing", async () => {
  const { changes } = await install((state) => {
    state.pythons.set("3.12", "3.12.4");
    state.packages.set("bubblewrap", "1").set("chromium", "1");
  });
  expect(changes).toEqual([]);
});

it("who is not root gets no system package, and is told so with the command", async () => {
  const { changes, said } = await install(bare, { root: false });
  expect(changes).toEqual(["fetch uv", "uv python install 3.12"]);
  expect(said).toContain(
    "package-chromium: not run, since this is not root: sudo apt-get install -y --no-install-recommends --no-remove -o APT::Cmd::Pattern-Only=true chromium",
  );
});

it("what fails is still lacking afterwards, with the last words and what else can be done", async () => {
  const { after, changes } = await install(bare, {
    fetchPython: async () => "cannot fetch Python 3.12: the mirror is gone",
    fetchUv: async () => {
      throw new PipelineError("ENVIRONMENT_FAILED", "cannot fetch uv with pip: no route");
    },
    install: async ([, verb]) => ({ ok: verb === "update", stdout: "", words: "E: Unable to locate package" }),
  });
  expect(changes).toEqual([]);
  expect(after["python-3.12"]?.found).toBeNull();
  expect(after["python-3.12"]?.note).toMatch(/^It was tried and failed: .*the mirror is gone\n.*pyenv install/s);
  expect(after["uv"]?.note).toContain("no route");
  expect(after["package-chromium"]?.note).toContain("apt-get install: E: Unable to locate package");
});

it("old package lists do not keep it from trying, and are named when that fails", async () => {
  const install1 = await install(bare, {
    install: async ([, verb]) => ({ ok: false, stdout: "", words: `E: ${verb} failed` }),
  });
  expect(install1.after["isolation"]?.note).toContain("apt-get update: E: update failed");
  expect(install1.after["isolation"]?.note).toContain("apt-get install: E: install failed");
});

it("a mistake of the pipeline's own is not reported as a machine that lacks something", async () => {
  const fetchUv = async () => {
    throw new TypeError("undefined is not a function");
  };
  await expect(install(bare, { fetchUv })).rejects.toThrow(TypeError);
});

it("an interruption ends it before the next cure", async () => {
  const machine = fakeMachine(bare);
  const controller = new AbortController();
  const needs = await examine(wanted, machine, never);
  controller.abort(new Error("interrupted"));
  await expect(new Installer(machine, () => undefined).install(needs, controller.signal)).rejects.toThrow(
    "interrupted",
  );
  expect(machine.state.changes).toEqual([]);
});
