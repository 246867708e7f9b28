/** Which reds of the checks rest on elapsed time alone, from what their harnesses record, altered in one thing. */
import { beforeAll, describe, expect, it } from "vitest";
import { tooSlow } from "../../src/plan/measure.ts";
import type { SpeechRecord } from "../../src/steps/asr-smoke/records.ts";
import type { Samples } from "../../src/steps/perf-smoke/records.ts";
import type { Judgement } from "../../src/steps/step.ts";
import { answered, judgeInstall, trial } from "./packaging/records.ts";
import { alone, contextOf, judgeSamples, simulated } from "./perf-smoke-samples.ts";
import { judgeTried, type Tried, trySpeech } from "./speech-try.ts";

const ofTime = { outcome: "failed", slow: ["run"] };
const ofMore = { outcome: "failed", slow: [] };
const told = (judgement: Judgement) => ({ outcome: judgement.outcome, slow: tooSlow(judgement) });

describe("speech recognition", () => {
  let green: Tried;
  let record: SpeechRecord;
  beforeAll(async () => {
    green = await trySpeech();
    record = JSON.parse(green.action.read("report", "speech.json") ?? "") as SpeechRecord;
  });

  function judged(change: (record: SpeechRecord) => unknown) {
    const copy = structuredClone(record);
    change(copy);
    return told(judgeTried({ ...green, action: { ...green.action, read: () => JSON.stringify(copy) } }));
  }

  const local = (r: SpeechRecord) => r.local ?? expect.fail("nothing was tried");
  const runOf = (r: SpeechRecord, file: string) =>
    local(r).runs.find((run) => run.file === file) ?? expect.fail(`${file} was not tried`);
  const answers = (r: SpeechRecord) => r.hybrid?.answers ?? expect.fail("answers was not tried");
  const hung = { code: null, text: "", source: "", problem: "hangs" } as const;

  it.each<[string, (r: SpeechRecord) => unknown]>([
    ["a behaviour takes longer than `within` and is right otherwise", (r) => (answers(r).ms = 10_000)],
    ["a behaviour is ended, before it could ask", (r) => Object.assign(answers(r), { ...hung, requests: [] })],
    ["a cold start is ended", (r) => Object.assign(local(r).cold, hung)],
    [
      "`listen` is not ready in its time, and nothing else is tried",
      (r) => {
        const failed = { ...runOf(r, "up.wav"), problem: "no-ready", message: "not ready", late: true, text: "" };
        local(r).runs.splice(0, 3, failed);
      },
    ],
    ["nothing is heard of a recording while it is waited for", (r) => (runOf(r, "down.wav").text = "")],
    [
      "an answer comes only with the next one's",
      (r) => {
        const [first, second] = [runOf(r, "down.wav"), runOf(r, "up.wav")];
        const [before, after] =
          local(r).runs.indexOf(first) < local(r).runs.indexOf(second) ? [first, second] : [second, first];
        after.text = `${before.text} ${after.text}`;
        before.text = "";
      },
    ],
    [
      "what is to try the watchers does not end in its time",
      (r) => Object.assign(local(r).watched, { by: [], late: true }),
    ],
  ])("rests on time where %s", (_, change) => {
    expect(judged(change)).toEqual(ofTime);
  });

  it.each<[string, (r: SpeechRecord) => unknown]>([
    ["a behaviour is too late and wrong", (r) => Object.assign(answers(r), { ms: 10_000, code: 3 })],
    ["a behaviour never asked, and ended by itself", (r) => (answers(r).requests = [])],
    ["a recording is misunderstood", (r) => (runOf(r, "up.wav").text = "go on")],
    ["`listen` dies", (r) => Object.assign(runOf(r, "up.wav"), { problem: "died", message: "ended", late: false })],
    [
      "one of two behaviours fails for another reason",
      (r) => {
        answers(r).ms = 10_000;
        Object.assign(r.hybrid?.clear ?? {}, { traceback: true, code: 1 });
      },
    ],
    ["nothing watched, although all that tried ended", (r) => (local(r).watched.by = [])],
  ])("does not rest on time alone where %s", (_, change) => {
    expect(judged(change)).toEqual(ofMore);
  });
});

describe("performance", () => {
  async function judged(change: (samples: Samples) => unknown, more: Parameters<typeof simulated>[1] = {}) {
    const context = await contextOf();
    const samples: Samples = structuredClone(simulated(context, more));
    change(samples);
    return told(judgeSamples(context, samples));
  }

  it.each<[string, (s: Samples) => unknown, Parameters<typeof simulated>[1]?]>([
    [
      "it is above a limit twice",
      (s) =>
        (s.rounds = [
          [900, 900],
          [900, 900],
        ]),
    ],
    ["the change is slower than the merge base", () => undefined, { change: 120 }],
    ["`listen` did not read in its time", (s) => Object.assign(s.change, { problem: "up.wav: stuck", late: true })],
    [
      "nothing was heard of any recording while it was waited for",
      (s) => {
        Object.assign(s, alone(s), {
          same: true,
          rounds: [
            [null, null],
            [null, null],
          ],
        });
        s.change.heard = [["", "scroll up"], [""]];
      },
    ],
  ])("rests on time where %s", async (_, change, more) => {
    expect(await judged(change, more)).toEqual(ofTime);
  });

  it.each<[string, (s: Samples) => unknown]>([
    ["`listen` died", (s) => Object.assign(s.change, { problem: "up.wav: ended", late: false })],
    [
      "a recording is misunderstood, and it is above a limit",
      (s) => {
        Object.assign(s, alone(s), {
          same: true,
          rounds: [
            [null, 900],
            [null, 900],
          ],
        });
        s.change.heard[0] = ["scroll cup"];
      },
    ],
    ["samples are missing", (s) => s.pairs.pop()],
  ])("does not rest on time alone where %s", async (_, change) => {
    expect(await judged(change)).toEqual(ofMore);
  });
});

describe("the installed application", () => {
  it("rests on time where a command was ended, of one artifact or of both", async () => {
    const commands = [{ ...answered, exit: null, stdout: { text: "caf\ufffd", utf8: false } }];
    expect(told(await judgeInstall({ wheel: { commands } }))).toEqual(ofTime);
    const sdist = JSON.stringify({ ...trial, commands });
    expect(told(await judgeInstall({ wheel: { commands }, report: { "sdist.json": sdist } }))).toEqual(ofTime);
  });

  it("rests on time where the import of everything was ended", async () => {
    const probe = { exit: null, said: "", at: "whisperkey.model", found: null };
    expect(told(await judgeInstall({ wheel: { probe } }))).toEqual(ofTime);
  });

  it("does not where a command fails, where the interpreter dies, or where a file is missing as well", async () => {
    const failed = [{ ...answered, exit: 1 }];
    expect(told(await judgeInstall({ wheel: { commands: failed } }))).toEqual(ofMore);
    const died = { exit: -9, said: "", at: "whisperkey.model", found: null };
    expect(told(await judgeInstall({ wheel: { probe: died } }))).toEqual(ofMore);
    const hung = [{ ...answered, exit: null }];
    expect(told(await judgeInstall({ wheel: { commands: hung }, probe: { files: {} } }))).toEqual(ofMore);
  });
});
