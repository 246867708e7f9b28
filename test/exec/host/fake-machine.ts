/** A machine that is whatever a test says: what is on it, what can be installed, and what was asked of it. Nothing of the real one. */
import * as path from "node:path";
import type { Interpreter } from "../../../src/exec/host/interpreters.ts";
import type { Machine, Ran } from "../../../src/exec/host/needs-machine.ts";
import { aptArguments } from "../../../src/exec/host/needs-remedies.ts";

export interface FakeState {
  /** Program → what it says when asked. They stand below `/usr/bin`. */
  readonly programs: Map<string, string>;
  /** Installed Debian packages → version. */
  readonly packages: Map<string, string>;
  /** Python versions that are here: `3.11` → `3.11.7`. `any` is the newest. */
  readonly pythons: Map<string, string>;
  uv: boolean;
  level: Awaited<ReturnType<Machine["isolation"]>>;
  space: Awaited<ReturnType<Machine["space"]>>;
  readonly secrets: Set<string>;
  /** Everything that would have changed the machine, in order. */
  readonly changes: string[];
}

export interface FakeMachine extends Machine {
  readonly state: FakeState;
}

/** A Debian with everything that a plan of Python 3.11 needs, as root; `change` takes things away. */
export function fakeMachine(
  change: (state: FakeState) => void = () => undefined,
  more: Partial<Machine> = {},
): FakeMachine {
  const state: FakeState = {
    programs: new Map([
      ["git", "git version 2.39.5"],
      ["bwrap", "bubblewrap 0.8.0"],
      ["apt-get", ""],
      ["dpkg-query", ""],
    ]),
    packages: new Map(),
    pythons: new Map([["3.11", "3.11.7"]]),
    uv: true,
    level: "bubblewrap",
    space: { writable: true, freeBytes: 50e9 },
    secrets: new Set(),
    changes: [],
  };
  change(state);
  const said = (stdout: string, ok = true): Ran => ({ ok, stdout, words: ok ? stdout : `E: ${stdout}` });
  const programs: Readonly<Record<string, string>> = { bubblewrap: "bwrap", git: "git", python3: "python3" };
  const fetched = (version: string) => {
    state.changes.push(`uv python install ${version}`);
    state.pythons.set(version, `${version}.1`);
    return undefined;
  };
  return {
    state,
    platform: "linux",
    arch: "x64",
    root: true,
    storeRoot: "/cache",
    find: async (program) => (state.programs.has(program) ? `/usr/bin/${program}` : undefined),
    async ask([file = "", ...args]) {
      if (path.posix.basename(file) !== "dpkg-query") return said(state.programs.get(path.posix.basename(file)) ?? "");
      const version = state.packages.get(args.at(-1) ?? "");
      return version === undefined ? said("no packages found", false) : said(`installed ${version}`);
    },
    async interpreter(wanted) {
      const version = wanted === "any" ? [...state.pythons.values()].sort().at(-1) : state.pythons.get(wanted);
      return version === undefined ? undefined : interpreterOf(version);
    },
    uv: async () => ({ version: "1.2.3", ...(state.uv ? { path: "/cache/uv/bin/uv" } : {}) }),
    isolation: async () => state.level,
    space: async () => state.space,
    hasSecret: async (name) => state.secrets.has(name),
    async install([file = "", ...args]) {
      state.changes.push([path.posix.basename(file), ...args].join(" "));
      if (args[0] !== "install") return said("");
      for (const name of args.slice(aptArguments([]).length)) {
        state.packages.set(name, "1.0-1");
        const program = programs[name];
        if (program !== undefined) state.programs.set(program, `${program} version 1.0`);
        if (name === "bubblewrap") state.level = "bubblewrap";
        if (name === "python3") state.pythons.set("3.11", "3.11.2");
      }
      return said("");
    },
    async fetchUv() {
      state.changes.push("fetch uv");
      state.uv = true;
    },
    fetchPython: async (version) => fetched(version),
    ...more,
  };
}

function interpreterOf(version: string): Interpreter {
  const prefix = `/opt/python-${version}`;
  return { executable: `${prefix}/bin/python`, prefix, version, implementation: "CPython", libc: "glibc-2.36" };
}
