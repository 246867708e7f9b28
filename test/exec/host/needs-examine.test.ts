import { describe, expect, it } from "vitest";
import { generalNeeds, type Wanted } from "../../../src/exec/host/needs.ts";
import { examine, LEAST_FREE_BYTES, lacking, type Need } from "../../../src/exec/host/needs-examine.ts";
import type { Machine } from "../../../src/exec/host/needs-machine.ts";
import { type FakeState, fakeMachine } from "./fake-machine.ts";

const never = new AbortController().signal;
const versioned: Wanted[] = [
  { kind: "python", version: "3.12", steps: ["unit-tests"] },
  { kind: "secret", name: "upload-token", steps: ["publish"] },
  { kind: "environments", ready: 1, all: 3, steps: ["lint"] },
  { kind: "package", name: "chromium", steps: [] },
];

async function lines(change?: (state: FakeState) => void, more: Partial<Machine> = {}): Promise<Record<string, Need>> {
  const wanted = [...generalNeeds("linux/amd64", ["lint"]), ...versioned];
  const needs = await examine(wanted, fakeMachine(change, more), never);
  return Object.fromEntries(needs.map((n) => [n.id, n]));
}

const bare = (state: FakeState): void => {
  for (const program of ["git", "bwrap"]) state.programs.delete(program);
  state.pythons.clear();
  state.uv = false;
  state.level = undefined;
};
const windows: Partial<Machine> = { platform: "win32", root: false };

describe("what is here", () => {
  it("is shown with version and path, and without a cure", async () => {
    const found = await lines((state) => {
      state.pythons.set("3.12", "3.12.4");
      state.packages.set("chromium", "130.0-1");
      state.secrets.add("upload-token");
      state.programs.set("dagger", "dagger v1.2.3 (registry/engine) linux/amd64\n");
    });
    expect(found).toMatchObject({
      "platform-linux": { found: { version: "linux/amd64" }, required: true },
      git: { found: { version: "2.39.5", path: "/usr/bin/git" }, required: true, steps: ["lint"] },
      cache: { found: { path: "/cache" }, required: true, note: "50.0 GB free." },
      "python-any": { found: { version: "3.12.4" }, required: true },
      "python-3.12": { found: { version: "3.12.4", path: "/opt/python-3.12.4/bin/python" }, steps: ["unit-tests"] },
      uv: { found: { version: "1.2.3", path: "/cache/uv/bin/uv" }, required: false },
      isolation: { found: { version: "0.8.0", path: "/usr/bin/bwrap" }, required: false },
      dagger: { found: { version: "1.2.3", path: "/usr/bin/dagger" }, required: false },
      "secret-upload-token": { found: {}, required: true },
      "package-chromium": { found: { version: "130.0-1" }, required: false },
    });
    const { environments, ...others } = found;
    expect(Object.values(others).filter((n) => n.remedy !== undefined)).toEqual([]);
    expect(environments).toMatchObject({ found: null, required: false, note: expect.stringContaining("1 of the 3") });
  });
});

describe("what lacks", () => {
  it("comes with the command of this machine: apt-get as root", async () => {
    const found = await lines(bare);
    const commands = Object.values(found).map((n) => [n.id, n.remedy?.command, n.remedy?.cure?.by]);
    expect(commands.filter(([, command]) => command !== undefined)).toEqual([
      ["git", "apt-get install -y --no-install-recommends --no-remove -o APT::Cmd::Pattern-Only=true git", "apt"],
      [
        "python-any",
        "apt-get install -y --no-install-recommends --no-remove -o APT::Cmd::Pattern-Only=true python3 python3-venv",
        "apt",
      ],
      ["uv", { name: "doctor", install: true }, "fetch-uv"],
      [
        "isolation",
        "apt-get install -y --no-install-recommends --no-remove -o APT::Cmd::Pattern-Only=true bubblewrap",
        "apt",
      ],
      ["python-3.12", { name: "doctor", install: true }, "uv-python"],
      ["environments", { name: "run", goal: "pr-checks" }, undefined],
      [
        "package-chromium",
        "apt-get install -y --no-install-recommends --no-remove -o APT::Cmd::Pattern-Only=true chromium",
        "apt",
      ],
    ]);
    expect(lacking(Object.values(found)).map((n) => n.id)).toEqual([
      ...["git", "python-any", "python-3.12", "secret-upload-token"],
    ]);
  });

  it("who is not root gets the same with sudo, and it is not run", async () => {
    const found = await lines(bare, { root: false });
    expect(found["git"]?.remedy).toEqual({
      command: "sudo apt-get install -y --no-install-recommends --no-remove -o APT::Cmd::Pattern-Only=true git",
    });
    expect(found["isolation"]?.remedy?.cure).toBeUndefined();
    // What goes into the cache folder needs no rights.
    expect(found["python-3.12"]?.remedy?.cure).toEqual({ by: "uv-python", version: "3.12" });
  });

  it("on Windows it is winget or the launcher's install", async () => {
    const found = await lines(bare, windows);
    expect(found["platform-linux"]?.note).toContain("This machine is windows/amd64.");
    expect(found["git"]?.remedy).toEqual({ command: "winget install --exact --id Git.Git" });
    expect(found["python-3.12"]?.note).toContain("`py install 3.12`");
    expect(found["isolation"]).toMatchObject({
      found: null,
      note: expect.stringContaining("no bubblewrap for Windows"),
    });
    expect(found["package-chromium"]?.note).toContain("this machine has no apt-get");
  });

  it("elsewhere it is words, and never a command that is not there", async () => {
    const found = await lines((state) => {
      bare(state);
      state.programs.delete("apt-get");
    });
    expect(found["git"]).toMatchObject({ found: null, note: "Install git with this system's package manager." });
    expect(Object.values(found).filter((n) => JSON.stringify(n.remedy ?? "").includes("apt"))).toEqual([]);
  });

  it("a machine of another kind is not taken for a supported one", async () => {
    expect((await lines(undefined, { arch: "arm64" }))["platform-linux"]).toMatchObject({
      found: null,
      required: true,
      note: expect.stringContaining("This machine is linux arm64."),
    });
  });
});

describe("isolation", () => {
  it.each([
    ["namespaces", "the network is `cut`, and the filesystem is `shared`"],
    ["namespaces-bare", "the network is `cut`, and the filesystem is `shared`"],
    ["none", "the network stays `open` and the filesystem `shared`"],
    [undefined, "Nothing can be tried without Python."],
  ] as const)("that reaches only %s lacks bubblewrap, and says what the evidence will", async (level, words) => {
    const found = await lines((state) => {
      state.programs.delete("bwrap");
      state.level = level;
    });
    expect(found["isolation"]).toMatchObject({ found: null, required: false, note: expect.stringContaining(words) });
    expect(found["isolation"]?.remedy?.command).toContain("bubblewrap");
  });

  it("of a bubblewrap that is there and may not work is not cured by installing it", async () => {
    const { isolation } = await lines((state) => {
      state.level = "namespaces";
    });
    expect(isolation).toMatchObject({
      found: null,
      note: expect.stringContaining("/usr/bin/bwrap is there and does not work"),
    });
    expect(isolation?.remedy).toBeUndefined();
  });
});

describe("the cache folder", () => {
  it.each([
    [{ writable: false, freeBytes: 50e9 }, "/cache: not writable."],
    [{ writable: true, freeBytes: LEAST_FREE_BYTES - 1e8 }, "/cache: 1.4 GB free."],
  ])("that is %j is not usable", async (space, words) => {
    const found = await lines((state) => {
      state.space = space;
    });
    expect(found["cache"]).toMatchObject({ found: null, required: true, note: expect.stringContaining(words) });
  });
});

it("a program that does not say its version is not taken for one that works", async () => {
  const found = await lines((state) => state.programs.set("git", "Segmentation fault"));
  expect(found["git"]).toMatchObject({
    found: null,
    note: expect.stringContaining("/usr/bin/git is there and does not say"),
  });
});

it("a package that was removed and left its settings is not installed", async () => {
  const machine = fakeMachine();
  const ask: Machine["ask"] = async () => ({ ok: true, stdout: "config-files 130.0-1", words: "" });
  const [need] = await examine([{ kind: "package", name: "chromium", steps: [] }], { ...machine, ask }, never);
  expect(need?.found).toBeNull();
});
