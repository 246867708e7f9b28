import { describe, expect, test } from "vitest";
import { main } from "../../dagger/cli/main.ts";
import type { Opened, Session } from "../../dagger/cli/session-port.ts";
import { hostPlatform } from "../../dagger/ports.ts";
import { PipelineError } from "../../src/errors.ts";
import { generalNeeds, type Wanted } from "../../src/exec/host/needs.ts";
import { run, step } from "../evidence/verdicts.ts";
import { type FakeState, fakeMachine } from "../exec/host/fake-machine.ts";
import { fakeIo, fakeSession } from "./fakes.ts";

const wanted: readonly Wanted[] = [
  ...generalNeeds(hostPlatform(), ["lint", "unit-tests"]),
  { kind: "python", version: "3.12", steps: ["unit-tests"] },
  { kind: "package", name: "chromium", steps: [] },
];
const linux = hostPlatform() === "linux/amd64";

interface Setting {
  readonly change?: (state: FakeState) => void;
  readonly machine?: Parameters<typeof fakeMachine>[1];
  readonly opened?: Partial<Opened>;
  /** Instead of opening. */
  readonly open?: (machine: FakeState, opened: () => Promise<Opened>) => Promise<Opened>;
}

async function call(argv: readonly string[], { change, machine: more, opened, open }: Setting = {}) {
  const machine = fakeMachine(change, more);
  const base = fakeSession(run([step("lint")]), { needs: async () => wanted, ...opened });
  const session: Session = {
    ...base,
    machine: async () => machine,
    open: open === undefined ? base.open : (how) => open(machine.state, () => base.open(how)),
  };
  const fake = fakeIo(session);
  const exit = await main(["doctor", ...argv], fake.io);
  return { exit, out: fake.out.text(), err: fake.err.text(), changes: machine.state.changes, opens: base.opens };
}

const with312 = (state: FakeState) => void state.pythons.set("3.12", "3.12.4");
const badConfig = () => Promise.reject(new PipelineError("CONFIG_INVALID", "pipeline.yaml has 1 problem:"));

describe.runIf(linux)("doctor", () => {
  test("says of every need whether it is here, where, for whom, and what cures it; and exits 3 when something required lacks", async () => {
    const { exit, out, err, changes } = await call([]);
    expect(out).toMatchInlineSnapshot(`
      "here      platform-linux    linux/amd64                                             for every step
      here      git               2.39.5 /usr/bin/git                                     for every step
      here      cache             /cache                                                  for every step
          50.0 GB free.
      here      python-any        3.11.7 /opt/python-3.11.7/bin/python                    for every step
      here      uv                1.2.3 /cache/uv/bin/uv                                  for every step
      here      isolation         0.8.0 /usr/bin/bwrap                                    for every step
          It was tried and works.
      not here  dagger            the dagger client, for the container door only
          Only \`--on dagger\` and \`dagger call\` need it, with a container runtime.
      LACKING   python-3.12       Python 3.12                                             for unit-tests
          → voicekey-pipeline doctor --install
          uv fetches it into the cache folder, where that download is reachable. Else: a package of the distribution where it has one, or \`pyenv install\` (found below ~/.pyenv).
      not here  package-chromium  the system package chromium, which the config asks for
          → apt-get install -y --no-install-recommends --no-remove -o APT::Cmd::Pattern-Only=true chromium

      required and not here: python-3.12
      "
    `);
    expect({ exit, err, changes }).toEqual({ exit: 3, err: "", changes: [] });
  });

  test("exits 0 when all that is required is here, whatever could be better", async () => {
    const { exit, out } = await call([], {
      change: (state) => {
        with312(state);
        state.level = "none";
        state.uv = false;
      },
    });
    expect(exit).toBe(0);
    expect(out).toMatch(/\nnot here {2}isolation {2,}/);
    expect(out).toMatch(/\nall that is required is here\n$/);
  });

  test("with --json prints the form of the contract and nothing else on stdout", async () => {
    const { exit, out, err } = await call(["--json"]);
    const { schema, needs } = JSON.parse(out);
    expect({ exit, err, schema }).toEqual({ exit: 3, err: "", schema: 1 });
    expect(needs.at(-1)).toEqual({
      id: "package-chromium",
      title: "the system package chromium, which the config asks for",
      required: false,
      steps: [],
      found: null,
      remedy: {
        command: "apt-get install -y --no-install-recommends --no-remove -o APT::Cmd::Pattern-Only=true chromium",
        runs: true,
      },
    });
    expect(needs.find((n: { id: string }) => n.id === "git")).toEqual({
      ...{ id: "git", title: "git", required: true, steps: ["lint", "unit-tests"] },
      found: { version: "2.39.5", path: "/usr/bin/git" },
    });
  });

  test("hands source and config on", async () => {
    const { opens } = await call(["--source", "sub", "--config", "other.yaml"]);
    expect(opens).toMatchObject([{ source: "/nowhere/sub", configFile: "/nowhere/other.yaml", only: [], skip: [] }]);
  });
});

describe.runIf(linux)("doctor --install", () => {
  test("gets what lacks, looks again, and says on stderr what it runs", async () => {
    const { exit, out, err, changes } = await call(["--install", "--json"]);
    expect(exit).toBe(0);
    expect(changes).toEqual([
      ...[
        "uv python install 3.12",
        "apt-get update",
        "apt-get install -y --no-install-recommends --no-remove -o APT::Cmd::Pattern-Only=true chromium",
      ],
    ]);
    expect(err).toContain("install python-3.12: uv python install 3.12\n");
    const found = JSON.parse(out).needs.map((n: { id: string; found: unknown }) => [n.id, n.found !== null]);
    expect(found).toContainEqual(["python-3.12", true]);
    expect(found).toContainEqual(["package-chromium", true]);
  });

  test("does not pretend: what could not be got still lacks, with the last words, and exits 3", async () => {
    const { exit, out } = await call(["--install"], { machine: { fetchPython: async () => "the mirror is gone" } });
    expect(exit).toBe(3);
    expect(out).toContain("It was tried and failed: the mirror is gone");
    expect(out).toMatch(/\nrequired and not here: python-3\.12\n$/);
  });

  test("gets git first, where that is what keeps the application from being read", async () => {
    const { exit, changes } = await call(["--install"], {
      change: (state) => {
        with312(state);
        state.programs.delete("git");
      },
      open: async (state, opened) => {
        if (!state.programs.has("git")) throw new PipelineError("GIT_FAILED", "git is not there");
        return opened();
      },
    });
    expect(changes).toContain(
      "apt-get install -y --no-install-recommends --no-remove -o APT::Cmd::Pattern-Only=true git",
    );
    expect(exit).toBe(0);
  });
});

describe.runIf(linux)("with a config that cannot be read", () => {
  test("doctor still says what any run needs, then the error, and exits 2", async () => {
    const { exit, out, err } = await call([], { open: badConfig });
    expect(exit).toBe(2);
    expect(out).toMatch(/^here {6}git {2,}2\.39\.5 \/usr\/bin\/git$/m);
    expect(err).toContain("what this application needs cannot be told:\nerror CONFIG_INVALID: ");
  });

  test("nothing is installed", async () => {
    const { exit, changes } = await call(["--install"], {
      open: badConfig,
      change: (state) => {
        state.uv = false;
      },
    });
    expect({ exit, changes }).toEqual({ exit: 2, changes: [] });
  });

  test("--json is still JSON", async () => {
    const { exit, out } = await call(["--json"], { open: badConfig });
    expect(exit).toBe(2);
    expect(JSON.parse(out)).toMatchObject({ schema: 1 });
  });
});

test("a word that doctor does not know is bad input", async () => {
  expect((await call(["--fix"])).exit).toBe(2);
});
