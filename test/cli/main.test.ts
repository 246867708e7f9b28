import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { main } from "../../dagger/cli/main.ts";
import type { Session } from "../../dagger/cli/session-port.ts";
import { PipelineError } from "../../src/errors.ts";
import { REPORTS } from "../../src/evidence/report-names.ts";
import type { RunVerdict } from "../../src/evidence/verdict.ts";
import { everyOutcome, run, step } from "../evidence/verdicts.ts";
import { type FakeIo, fakeIo, fakeSession, fakeStream } from "./fakes.ts";

const ESC = "\u001b";
const green = run([step("lint")]);
let folder = "";

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "cli-"));
});
afterEach(() => rm(folder, { recursive: true }));

const noSession = (): Promise<Session> => Promise.reject(new Error("nothing heavy may be loaded"));

function at(session: Parameters<typeof fakeIo>[0], env: Record<string, string> = {}, terminal = {}): FakeIo {
  return fakeIo(session, { cwd: folder, env }, terminal);
}

describe("the exit status of pr-checks", () => {
  const incomplete: Partial<RunVerdict> = { outcome: "incomplete", proved: false };
  test.each<[string, RunVerdict, number]>([
    ["0 when it passed", green, 0],
    ["0 when it is incomplete on a laptop", run([step("lint", { outcome: "refused" }), step("types")], incomplete), 0],
    ["3 when the machine could run nothing", run([step("lint", { outcome: "refused" })], incomplete), 3],
    ["1 when a check failed", everyOutcome, 1],
    ["1 when a check failed under --strict", { ...everyOutcome, strict: true }, 1],
    ["3 when it is incomplete under --strict", run([], { ...incomplete, strict: true }), 3],
  ])("is %s", async (_, verdict, exit) => {
    const fake = at(fakeSession(verdict));
    const status = await main(["pr-checks"], fake.io);
    expect(status, fake.err.text()).toBe(exit);
  });

  test.each([
    ["CONFIG_INVALID", 2],
    ["UNKNOWN_STEP", 2],
    ["INTERPRETER_MISSING", 3],
    ["MACHINE_FAILED", 3],
  ] as const)("after %s is %d, and the error says cause and remedy", async (code, exit) => {
    const fake = at(fakeSession(green, { run: () => Promise.reject(new PipelineError(code, "it broke")) }));
    expect(await main(["pr-checks"], fake.io)).toBe(exit);
    expect(fake.err.text()).toMatch(new RegExp(`error ${code}: it broke\nlikely cause: .+\nwhat to do: .+\n$`));
    expect(fake.out.text()).toBe("");
  });

  test("after a mistake of our own is 3, with the stack and whose mistake it is", async () => {
    const fake = at(fakeSession(green, { run: () => Promise.reject(new TypeError("x is undefined")) }));
    expect(await main(["pr-checks"], fake.io)).toBe(3);
    expect(fake.err.text()).toMatch(/TypeError: x is undefined\n\s+at .+/);
    expect(fake.err.text()).toContain("this is a bug in voicekey-pipeline");
  });
});

describe("pr-checks", () => {
  test("hands every option on", async () => {
    const session = fakeSession(green);
    const words =
      "pr-checks --source app --config ci.yaml --evidence out --only lint,types --only format --skip unit-tests --strict --base main --jobs 7 --no-cache --no-prove --fail-fast --on dagger";
    expect(await main(words.split(" "), at(session).io)).toBe(0);
    expect(session.opens).toEqual([
      {
        source: join(folder, "app"),
        configFile: join(folder, "ci.yaml"),
        base: "main",
        only: ["lint", "types", "format"],
        skip: ["unit-tests"],
        prove: false,
        proofsOnly: false,
      },
    ]);
    expect(session.runs).toMatchObject([
      { on: "dagger", jobs: 7, strict: true, failFast: true, readCache: false, evidence: join(folder, "out") },
    ]);
  });

  test("has the defaults of the contract", async () => {
    const session = fakeSession(green);
    await main(["pr-checks"], at(session).io);
    expect(session.opens).toEqual([{ source: folder, only: [], skip: [], prove: true, proofsOnly: false }]);
    expect(session.runs).toMatchObject([
      { on: "host", jobs: 2, strict: false, failFast: false, readCache: true, evidence: join(folder, "evidence") },
    ]);
  });

  test("takes --changed, and refuses it together with --strict, which must be whole", async () => {
    const session = fakeSession(green);
    expect(await main(["pr-checks", "--changed"], at(session).io)).toBe(0);
    expect(session.opens).toMatchObject([{ changed: true }]);
    const both = at(session);
    expect(await main(["pr-checks", "--changed", "--strict"], both.io)).toBe(2);
    expect(both.err.text()).toContain("--strict and --changed contradict each other");
    expect(session.opens).toHaveLength(1);
  });

  test("prints lines while it runs on stderr and the report on stdout", async () => {
    const fake = at(fakeSession(everyOutcome));
    await main(["pr-checks"], fake.io);
    expect(fake.err.text()).toContain("note: one note\n");
    expect(fake.err.text()).toContain("failed   lint (1.2 s): 2 findings\n    src/parley/cli.py:3:1 F821");
    expect(fake.out.text()).toMatch(/^refused\n/);
    expect(fake.out.text()).toMatch(/\nevidence evidence\n$/);
  });

  test("with --json prints the verdict and nothing else on stdout, even on a terminal with colours", async () => {
    const fake = at(fakeSession(everyOutcome), { FORCE_COLOR: "1" }, { isTTY: true, columns: 80 });
    expect(await main(["pr-checks", "--json"], fake.io)).toBe(1);
    expect(JSON.parse(fake.out.text())).toEqual(everyOutcome);
    expect(fake.err.text()).toContain("pr-checks of parley-voice");
  });

  test("with --json paints the report for the stream that it goes to", async () => {
    const err = fakeStream({ isTTY: true, columns: 80 });
    const fake = fakeIo(fakeSession(everyOutcome), { cwd: folder, err: err.stream });
    await main(["pr-checks", "--json"], fake.io);
    expect(err.text()).toContain(`${ESC}[1mstep `);
  });

  test("writes the reports beside the evidence and gives the folder back", async () => {
    await main(["pr-checks"], at(fakeSession(green)).io);
    expect((await readdir(join(folder, "evidence"))).sort()).toEqual(
      [".gitignore", "journal.jsonl", "plan.json", "verdict.json", ...REPORTS].sort(),
    );
    expect(await readFile(join(folder, "evidence", "report.md"), "utf8")).toMatch(/^## ✅ pr-checks/);
  });

  test("does not run, and touches nothing, when the evidence folder holds other files", async () => {
    await writeFile(join(folder, "thesis.tex"), "x");
    const session = fakeSession(green);
    expect(await main(["pr-checks", "--evidence", "."], at(session).io)).toBe(2);
    expect(session.runs).toEqual([]);
    expect(await readdir(folder)).toEqual(["thesis.tex"]);
  });

  test("leaves older evidence alone when the input is bad", async () => {
    await main(["pr-checks"], at(fakeSession(green)).io);
    const bad: Session = {
      ...fakeSession(green),
      open: () => Promise.reject(new PipelineError("CONFIG_INVALID", "no")),
    };
    expect(await main(["pr-checks"], at(bad).io)).toBe(2);
    expect(await readdir(join(folder, "evidence"))).toContain("report.md");
  });
});

describe("colour", () => {
  const text = async (env: Record<string, string>, terminal: object) => {
    const fake = at(fakeSession(everyOutcome), env, terminal);
    await main(["pr-checks"], fake.io);
    return fake.out.text() + fake.err.text();
  };

  test("is there on a terminal", async () => {
    expect(await text({}, { isTTY: true, columns: 80 })).toContain(`${ESC}[31m`);
  });

  test("is absent in a pipe, in a CI log and on a dumb terminal, where nothing is redrawn, either", async () => {
    expect(await text({}, {})).not.toContain(ESC);
    expect(await text({ TERM: "dumb" }, { isTTY: true })).not.toContain(ESC);
    expect(await text({ CI: "true" }, { isTTY: true })).not.toContain(`${ESC}[?`);
  });

  test("NO_COLOR takes it away on a terminal, and beats FORCE_COLOR", async () => {
    expect(await text({ NO_COLOR: "1", FORCE_COLOR: "1" }, { isTTY: true })).not.toContain(`${ESC}[31m`);
  });

  test("FORCE_COLOR brings it into a pipe", async () => {
    expect(await text({ FORCE_COLOR: "1" }, {})).toContain(`${ESC}[31m`);
    expect(await text({ FORCE_COLOR: "0" }, { isTTY: true, columns: 80 })).not.toContain(`${ESC}[31m`);
  });
});

describe("a command line that is not valid ends with 2 and", () => {
  test.each([
    [["pr-checks", "--onyl", "x"], "unknown option '--onyl'", "Did you mean --only?"],
    [["pr-check"], "unknown command 'pr-check'", "Did you mean pr-checks?"],
    [["plan"], "missing required argument 'goal'", ""],
    [["plan", "release"], "value 'release' is invalid for argument 'goal'", ""],
    [
      ["plan", "pr-checks", "--format", "png"],
      "'--format <format>' argument 'png' is invalid",
      "text, json, mermaid, dot",
    ],
    [["pr-checks", "--source"], "option '--source <dir>' argument missing", ""],
    [["list", "more"], "too many arguments", ""],
  ])("%j says what is wrong", async (argv, message, hint) => {
    const fake = at(noSession);
    expect(await main(argv, fake.io)).toBe(2);
    expect(fake.err.text()).toContain("error USAGE");
    expect(fake.err.text()).toContain(message);
    expect(fake.err.text()).toContain(hint);
    expect(fake.out.text()).toBe("");
  });

  test("all wrong values are named at once", async () => {
    const fake = at(noSession);
    const argv = ["pr-checks", "--jobs", "0", "--on", "moon", "--only", "lint,,types", "--source", "", "--base", ""];
    expect(await main(argv, fake.io)).toBe(2);
    for (const name of [
      "--jobs “0”",
      "--on “moon”",
      "--only names an empty id",
      "--source is empty",
      "--base is empty",
    ]) {
      expect(fake.err.text()).toContain(name);
    }
  });

  test.each(["0", "-1", "1.5", "many", "257", "1e2", ""])("--jobs %j is refused", async (jobs) => {
    expect(await main(["pr-checks", `--jobs=${jobs}`], at(noSession).io)).toBe(2);
  });

  test("no command at all prints the help on stderr", async () => {
    const fake = at(noSession);
    expect(await main([], fake.io)).toBe(2);
    expect(fake.err.text()).toContain("Usage: voicekey-pipeline");
  });
});

test("a full disk is the machine's failure and no bug of ours", async () => {
  const full = Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC" });
  const fake = at(fakeSession(green, { run: () => Promise.reject(full) }));
  expect(await main(["pr-checks"], fake.io)).toBe(3);
  expect(fake.err.text()).toContain("error MACHINE_FAILED: ENOSPC: no space left on device");
  expect(fake.err.text()).not.toContain("this is a bug");
});

describe("interrupted", () => {
  test("a run ends with 130, keeps its evidence folder and says where", async () => {
    const fake = at(
      fakeSession(green, {
        run: ({ signal, evidence }) =>
          new Promise((_, reject) => {
            signal.addEventListener("abort", () => reject(signal.reason));
            void writeFile(join(evidence, "journal.jsonl"), "{}").then(() => fake.signal("SIGTERM"));
          }),
      }),
    );
    expect(await main(["pr-checks"], fake.io)).toBe(130);
    expect(await readdir(join(folder, "evidence"))).toContain("journal.jsonl");
    expect(fake.err.text()).toContain("evidence of what finished is kept in evidence\n");
    expect(fake.listening()).toBe(0);
  });

  test("a run that hangs ends all the same, and a second signal kills at once", async () => {
    const fake = at(
      fakeSession(green, {
        run: () =>
          new Promise(() => {
            fake.signal("SIGINT");
            expect(fake.exits).toEqual([]);
            fake.signal("SIGINT");
          }),
      }),
    );
    expect(await main(["pr-checks"], fake.io)).toBe(130);
    expect(fake.exits).toEqual([130]);
  });

  test("a run that ends well just then is interrupted still", async () => {
    const fake = at(
      fakeSession(green, {
        run: async () => {
          fake.signal("SIGINT");
          return green;
        },
      }),
    );
    expect(await main(["pr-checks"], fake.io)).toBe(130);
  });

  test("Ctrl-C in the shell of debug is the shell's, SIGTERM is not", async () => {
    const debug = (name: string) => {
      const fake: FakeIo = at(
        fakeSession(green, {
          debug: async (_, { print }) => {
            print("it would run ruff");
            fake.signal(name);
          },
        }),
      );
      return main(["debug", "lint"], fake.io);
    };
    expect(await debug("SIGINT")).toBe(0);
    expect(await debug("SIGTERM")).toBe(130);
  });
});
