import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import type { SpeechRecord } from "../../src/steps/asr-smoke/records.ts";
import { asrSmoke } from "../../src/steps/asr-smoke.ts";
import type { Judgement, StepContext } from "../../src/steps/step.ts";
import { planFor, smallConfig } from "./small-app.ts";
import { APP, judgeTried, ROOT, type Tried, trySpeech } from "./speech-try.ts";

let green: Tried;
let record: SpeechRecord;

beforeAll(async () => {
  green = await trySpeech();
  record = JSON.parse(green.action.read("report", "speech.json") ?? "") as SpeechRecord;
});

/** Judges the green run with something about it changed. */
function judged(
  change: (record: SpeechRecord) => unknown,
  more: { code?: number; context?: (c: StepContext) => StepContext } = {},
): Judgement {
  const copy = structuredClone(record);
  change(copy);
  const context = more.context?.(green.context) ?? green.context;
  const status = { kind: "exited" as const, code: more.code ?? 0 };
  return judgeTried({ ...green, context, action: { ...green.action, status, read: () => JSON.stringify(copy) } });
}

const rules = (judgement: Judgement): string[] => judgement.findings.map((f) => f.rule);
const localOf = (r: SpeechRecord) => r.local ?? expect.fail("nothing was tried");
const behaviour = (r: SpeechRecord, name: "answers" | "clear" | "slow" | "unauthorised") =>
  r.hybrid?.[name] ?? expect.fail(`${name} was not tried`);
const withApp =
  (change: Record<string, unknown>) =>
  (context: StepContext): StepContext => {
    const check = context.config.checks["asr-smoke"];
    const app = { ...check.app, ...change } as typeof check.app & object;
    const checks = { ...context.config.checks, "asr-smoke": { ...check, app } };
    return { ...context, config: { ...context.config, checks } };
  };

describe("asr-smoke on an application that does what it should", () => {
  it("passes, and says what was understood, how fast, and who watched the sockets", () => {
    const judgement = judgeTried(green);
    expect(judgement, judgement.detail).toMatchObject({ outcome: "passed", findings: [] });
    expect(judgement.facts).toMatchObject({
      understood: "3 of 3",
      "behaviours tried": 8,
      "sockets watched by": "kernel filter and audit hook",
    });
    expect(judgement.facts["p50 ms"]).toBeGreaterThan(60);
    expect(judgement.facts["cold start (ms)"]).toBeGreaterThan(0);
  });

  it("gives a test for every recording and every behaviour", () => {
    const names = judgeTried(green).tests?.map((t) => `${t.classname} ${t.name} ${t.outcome}`);
    expect(names).toHaveLength(11);
    expect(names).toContain("asr-smoke.local up.wav passed");
    expect(names).toContain("asr-smoke.hybrid no-text passed");
  });

  it("gives latency and accuracy by kind, and cold starts, as measures", () => {
    const measures = judgeTried(green).measures ?? [];
    expect(measures.map((m) => [m.id, m.groups.map((g) => [g.name, g.values.length])])).toEqual([
      [
        "latency",
        [
          ["clean", 2],
          ["doubtful", 1],
        ],
      ],
      [
        "accuracy",
        [
          ["clean", 1],
          ["doubtful", 1],
        ],
      ],
      [
        "cold-start",
        [
          ["transcribe", 3],
          ["listen, to ready", 1],
        ],
      ],
    ]);
    expect(measures[1]?.limits).toEqual([{ name: "floor of clean, doubtful", value: 100 }]);
  });

  it("asked the network recogniser where it had to, with sound of the recording and the key, and only there", () => {
    expect(behaviour(record, "answers").requests).toMatchObject([{ method: "POST", key: true, audio: "part" }]);
    expect(behaviour(record, "clear").requests).toEqual([]);
  });
});

describe("asr-smoke judges only a record that is whole", () => {
  const text = (content: string | undefined): Judgement =>
    judgeTried({ ...green, action: { ...green.action, read: () => content } });

  it.each([
    [undefined, "speech.json is missing"],
    ["", "speech.json is empty"],
    ["Segmentation fault", "is not JSON"],
    ['{"schema": 2}', "not of the expected form"],
  ])("and fails on %j", (content, reason) => {
    expect(text(content)).toMatchObject({ outcome: "failed", reason: expect.stringContaining(reason) });
  });

  it("and fails when the harness did not end by itself", () => {
    const status = { kind: "timed-out", afterSeconds: 9 } as const;
    const judgement = judgeTried({ ...green, action: { ...green.action, status } });
    expect(judgement.reason).toContain("not ended within 9 s");
  });

  it("and fails when nothing was tried", () => {
    expect(judged((r) => (r.local = null)).reason).toContain("it tried nothing");
  });

  it.each<[string, (r: SpeechRecord) => unknown, string]>([
    ["recordings of other content", (r) => (r.files["recordings/up.wav"] = "0".repeat(64)), "of other content"],
    ["a recording less", (r) => delete r.files["recordings/up.wav"], "not before the tool: recordings/up.wav"],
    ["a recording that is not the application's", (r) => (r.files["recordings/x.wav"] = "0".repeat(64)), "x.wav"],
    ["no clean recording", (r) => r.recordings.splice(0, 2), "no clean recording"],
    ["a run of a recording that nobody listed", (r) => r.recordings.pop(), "that are not listed: unsure.wav"],
    ["one recording twice", (r) => r.recordings.push(...r.recordings.slice(0, 1)), "stands twice"],
    ["no hybrid mode", (r) => (r.hybrid = null), "differ in whether there is a hybrid mode"],
  ])("and fails on %s", (_, change, message) => {
    const judgement = judged(change);
    expect(new Set(rules(judgement))).toEqual(new Set(["report-not-trusted"]));
    expect(judgement.detail).toContain(message);
  });

  it("and fails on an exit status that contradicts it", () => {
    expect(judged(() => undefined, { code: 1 }).detail).toContain("the harness ended with status 1");
  });

  it("and fails on a behaviour that it leaves out", () => {
    const judgement = judged((r) => delete r.hybrid?.slow);
    expect(judgement.findings).toMatchObject([
      { rule: "report-not-trusted", message: expect.stringContaining("slow:") },
    ]);
  });
});

describe("asr-smoke in local-only mode", () => {
  const wrong = (r: SpeechRecord) =>
    localOf(r).runs.map((run) => (run.text = run.file === "up.wav" ? "go on" : run.text));

  it("names file, expected and heard text of what was misunderstood", () => {
    const judgement = judged(wrong);
    expect(judgement.findings).toMatchObject([
      { rule: "accuracy-below-floor", message: "1 of 2 clean recordings understood; the floor is 100 %" },
      { rule: "wrong-text", path: "recordings/up.wav", message: "up.wav: expected “go up”, heard “go on”" },
    ]);
    expect(judgement.tests?.find((t) => t.name === "up.wav")?.outcome).toBe("failed");
  });

  it("accepts what the floor allows, and shows it as skipped", () => {
    const judgement = judged(wrong, { context: withApp({ accuracy: { clean: 50 } }) });
    expect(judgement).toMatchObject({ outcome: "passed", facts: { understood: "2 of 3" } });
    expect(judgement.tests?.find((t) => t.name === "up.wav")?.outcome).toBe("skipped");
  });

  it("takes no notice of case and white space", () => {
    expect(judged((r) => localOf(r).runs.map((run) => (run.text = ` ${run.text.toUpperCase()}  `))).outcome).toBe(
      "passed",
    );
  });

  it("fails for a recording that was not tried", () => {
    expect(rules(judged((r) => localOf(r).runs.splice(0, 1)))).toContain("not-tried");
  });

  it("fails where nothing watched the sockets", () => {
    const judgement = judged((r) => (localOf(r).watched = { by: [], why: "no filter", starts: 0, attempts: [] }));
    expect(judgement.findings).toMatchObject([
      { rule: "sockets-not-watched", message: expect.stringContaining("no filter") },
    ]);
  });

  it("fails where only the audit hook could watch and no process loaded it", () => {
    const judgement = judged((r) => Object.assign(localOf(r).watched, { by: ["audit hook"], starts: 0 }));
    expect(rules(judgement)).toEqual(["sockets-not-watched"]);
    const loaded = judged((r) => Object.assign(localOf(r).watched, { by: ["audit hook"], starts: 4 }));
    expect(loaded).toMatchObject({ outcome: "passed", facts: { "sockets watched by": "audit hook" } });
  });

  it("puts a socket on the application's own line", () => {
    const attempt = {
      what: "an internet socket (AF_INET)",
      program: "python",
      file: "tinyvoice/transport.py",
      line: 3,
    };
    const judgement = judged((r) => localOf(r).watched.attempts.push(attempt));
    expect(judgement.findings).toMatchObject([{ rule: "socket-opened", path: "src/tinyvoice/transport.py", line: 3 }]);
  });

  it("fails when the kernel ended a process, or a request arrived", () => {
    expect(rules(judged((r) => Object.assign(localOf(r).cold, { code: -31 })))).toContain("socket-opened");
    const [request] = behaviour(record, "answers").requests;
    expect(rules(judged((r) => localOf(r).requests.push(request ?? expect.fail())))).toEqual(["audio-left"]);
  });
});

describe("asr-smoke in hybrid mode", () => {
  it.each<[string, (r: SpeechRecord) => unknown, string]>([
    ["fallback-not-triggered", (r) => (behaviour(r, "answers").requests = []), "answers: no request reached"],
    ["asked-without-need", (r) => (behaviour(r, "clear").requests = behaviour(r, "slow").requests), "clear:"],
    ["wrong-key", (r) => behaviour(r, "answers").requests.map((q) => (q.key = false)), "answers:"],
    ["wrong-audio", (r) => behaviour(r, "answers").requests.map((q) => (q.audio = "none")), "sound: none"],
    ["wrong-behaviour", (r) => (behaviour(r, "answers").text = "go up"), "expected the text “pause”, got “go up”"],
    ["wrong-behaviour", (r) => (behaviour(r, "answers").source = "local"), "expected the source network, got local"],
    ["wrong-behaviour", (r) => (behaviour(r, "unauthorised").code = 0), "expected exit status 6, got exit status 0"],
    [
      "wrong-behaviour",
      (r) => (behaviour(r, "unauthorised").stderr = "oh\nno"),
      "“status 401” on stderr; it said: oh / no",
    ],
    ["wrong-behaviour", (r) => (behaviour(r, "slow").ms = 3100), "expected an end within 3 s, it took 3.1 s"],
    ["wrong-behaviour", (r) => (behaviour(r, "clear").text = ""), "expected the text “go up”, got “”"],
    ["wrong-behaviour", (r) => (behaviour(r, "slow").traceback = true), "raised an exception"],
    ["wrong-behaviour", (r) => Object.assign(behaviour(r, "slow"), { code: -11 }), "ended by signal 11"],
    ["key-leaked", (r) => (behaviour(r, "unauthorised").leaks = true), "unauthorised:"],
  ])("finds %s", (rule, change, message) => {
    const judgement = judged(change);
    expect(rules(judgement)).toEqual([rule]);
    expect(judgement.findings[0]?.message).toContain(message);
    expect(judgement.tests?.filter((t) => t.outcome === "failed")).toHaveLength(1);
  });

  it("expects any failure where the config says `failure`, and no signal", () => {
    const hybrid = green.context.config.checks["asr-smoke"].app?.hybrid;
    const expectation = { exit: "failure", withinSeconds: 5 } as const;
    const context = withApp({ hybrid: { ...hybrid, expect: { ...hybrid?.expect, unauthorised: expectation } } });
    expect(judged((r) => (behaviour(r, "unauthorised").code = 9), { context }).outcome).toBe("passed");
    expect(judged((r) => (behaviour(r, "unauthorised").code = 0), { context }).reason).toContain("expected a failure");
  });
});

describe("asr-smoke plans", () => {
  const small = smallConfig("3.11");
  const check = (change: object) => ({
    ...small,
    checks: { ...small.checks, "asr-smoke": { tests: [], timeoutSeconds: 60, ...change } },
  });

  it("the application's own tests where it has no commands, and says that sockets were not watched", async () => {
    const { plan, contexts } = await planFor({ "tests/hybrid/test_a.py": "" }, check({ tests: ["tests/hybrid"] }), {
      only: ["asr-smoke"],
    });
    const run = plan.actions.find((a) => a.id === "asr-smoke@3.11/run");
    expect(run).toMatchObject({ network: false, argv: expect.arrayContaining(["tests/hybrid"]) });
    const context = [...contexts.values()][0] ?? expect.fail();
    const judgement = asrSmoke.judge({ context, results: { run: { ...green.action, read: () => undefined } } });
    expect(judgement).toMatchObject({ outcome: "failed" });
    expect(judgement.facts["sockets watched by"]).toContain("nothing");
  });

  it("nothing where the config skips it", async () => {
    const { plan } = await planFor({}, check({ skip: "no microphone" }), { only: ["asr-smoke"] });
    expect(plan.steps[0]).toMatchObject({ skip: "no microphone", actions: {} });
  });

  it("an action that sees the recordings alone, and no network", async () => {
    const { argv, inputs, network, environments } = await (async () => {
      const plan = asrSmoke.plan(green.context);
      const run = "actions" in plan ? plan.actions.find((a) => a.name === "run")?.action : undefined;
      return { ...(run ?? expect.fail()), environments: run?.toolchain.environments };
    })();
    expect(network).toBe(false);
    expect(inputs["app"]).toMatchObject({ globs: ["recordings/expected.json", "recordings/*.[wW][aA][vV]"] });
    expect(Object.keys(environments ?? {})).toEqual(["app"]);
    expect(argv[0]).toEqual({ tool: "python", env: "app" });
  });
});

it("the poison `broken-transport` has a test of its own that is green", () => {
  const poison = join(ROOT, "src/steps/asr-smoke/poison/broken-transport");
  const code = [
    "import sys, tinyvoice",
    `tinyvoice.__path__.insert(0, ${JSON.stringify(join(poison, "src/tinyvoice"))})`,
    "import unittest",
    "unittest.main(module='test_transport', argv=['x'])",
  ].join("\n");
  const env = {
    PATH: process.env["PATH"],
    PYTHONDONTWRITEBYTECODE: "1",
    PYTHONPATH: `${join(APP, "src")}:${join(poison, "tests")}`,
  };
  const done = spawnSync("python3", ["-c", code], { env, encoding: "utf8" });
  expect(done.stderr).toMatch(/Ran 1 test[\s\S]*OK/);
});
