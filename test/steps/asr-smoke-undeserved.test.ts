import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { SpeechApp } from "../../src/config/model.ts";
import { APP, findingsOf, judgeTried, localOnly, type SpeechTry, trySpeech } from "./speech-try.ts";

const MAIN = "src/tinyvoice/__main__.py";
const TRANSPORT = "src/tinyvoice/transport.py";
const PARSER = '    options = argparse.ArgumentParser(prog="tinyvoice")\n';
const READY = '    print(json.dumps({"ready": True}), flush=True)\n';
const SAYS = "            print(json.dumps(understand(utterance, settings)), flush=True)\n";

/** Only what local-only mode needs, `listen` included. */
function withoutHybrid({ hybrid: _, ...app }: SpeechApp): SpeechApp {
  return app;
}

/** The application with a line of one of its files replaced. */
function changed(file: string, line: string, by: string): NonNullable<SpeechTry["files"]> {
  const text = readFileSync(join(APP, file), "utf8");
  if (!text.includes(line)) throw new Error(`${file} has no line ${line}`);
  return { [file]: text.replace(line, by) };
}

const found = (file: string, line: string, by: string, app = withoutHybrid): Promise<string[]> =>
  findingsOf({ app, files: changed(file, line, by) });

describe("an application whose `listen` is well, and whose `transcribe` is not,", () => {
  const instead = (code: string): Promise<string[]> =>
    found(MAIN, PARSER, `    if "transcribe" in sys.argv:\n        ${code}\n${PARSER}`);

  it("is red where it ends with an error and no traceback", async () => {
    expect(await instead('return sys.stderr.write("no model\\n") and 1')).toEqual([
      "app-failed transcribe up.wav: it ended with status 1; it said: no model",
    ]);
  });

  it("is red where it understands something else", async () => {
    expect(await instead("return print(json.dumps({'text': 'nonsense'})) or 0")).toEqual([
      "wrong-text transcribe up.wav: expected “go up”, heard “nonsense”",
    ]);
  });

  it("is red where only a later start fails", async () => {
    const once = "open(os.path.join(tempfile.gettempdir(), 'first-start'), 'x')";
    const code = `    import os, tempfile\n    ${once}\n${PARSER}`;
    const [first] = await found(MAIN, PARSER, code, (app) => withoutHybrid(localOnly(app)));
    expect(first).toMatch(/^app-failed transcribe up\.wav, started again: it raised an exception/);
  });
});

describe("utterances that nobody spoke", () => {
  it("are not overlooked where they come before the first recording", async () => {
    const both = `    sys.stdout.write('{"ready": true}\\n{"text": "go down"}\\n')\n    sys.stdout.flush()\n`;
    expect(await found(MAIN, READY, both)).toContain("wrong-text up.wav: expected “go up”, heard “go down go up”");
  });

  it("are not overlooked where they come after the last one", async () => {
    const more = `${SAYS}    print(json.dumps({"text": "go up"}), flush=True)\n`;
    expect(await found(MAIN, SAYS, more)).toContain("wrong-text unsure.wav: expected “”, heard “go up”");
  });
});

describe("an application that understands nothing", () => {
  const nonsense = changed(MAIN, SAYS, "            print(json.dumps({'text': 'nonsense'}), flush=True)\n");
  const nothing = "accuracy-below-floor not one recording that a text is to come of was understood";

  it("is red, however low the floors are", async () => {
    const app = (all: SpeechApp): SpeechApp => ({ ...withoutHybrid(all), accuracy: { clean: 0, doubtful: 0 } });
    expect(await findingsOf({ app, files: nonsense })).toEqual([nothing]);
  });

  it("is red where nothing but silence was to be understood", async () => {
    const list = JSON.stringify([{ file: "unsure.wav", text: "pause", kind: "clean", expect: "" }]);
    const files = { "recordings/expected.json": list };
    expect(await findingsOf({ app: withoutHybrid, files })).toEqual([nothing]);
  });
});

describe("answers that come too early to be timed", () => {
  it("are counted, and it is not said that nobody knows where speech ends", async () => {
    const files = {
      "recordings/expected.json": JSON.stringify([
        { file: "up.wav", text: "go up", kind: "clean", speech_end_ms: 360 },
      ]),
    };
    const judgement = judgeTried(await trySpeech({ app: withoutHybrid, files }));
    expect(judgement.facts).toMatchObject({
      latency: "not measured: no answer came in its time",
      "answers before the end of speech, or 2 s after it": 1,
    });
  });
});

describe("a network recogniser that wants no key", () => {
  it("is none that the application must show one", async () => {
    const files = changed(TRANSPORT, ', {"Authorization": f"Bearer {settings.key}"})', ")");
    const keyed = ({ listen: _, ...all }: SpeechApp): SpeechApp => all;
    const app = (all: SpeechApp): SpeechApp => {
      const { hybrid, ...rest } = keyed(all);
      if (hybrid === undefined) throw new Error("the bundled application has no hybrid mode");
      return { ...rest, hybrid: { ...hybrid, env: { TINYVOICE_ENDPOINT: "{endpoint}", TINYVOICE_TIMEOUT: "0.5" } } };
    };
    expect(await findingsOf({ app, files })).toEqual([]);
    expect((await findingsOf({ app: keyed, files })).filter((f) => f.startsWith("wrong-key"))).toHaveLength(6);
  });
});

describe("sound that is sent", () => {
  it("may come in chunks, of a length that was not said before", async () => {
    const app = ({ listen: _, ...all }: SpeechApp): SpeechApp => all;
    const request = 'parts.path or "/", body, {"Authorization": f"Bearer {settings.key}"}';
    const files = changed(
      TRANSPORT,
      request,
      request.replace("body", "iter([body.encode()[:9000], body.encode()[9000:]])"),
    );
    expect(await findingsOf({ app, files })).toEqual([]);
  });

  it("is not the recording's where it is too little to hold a command", async () => {
    const app = ({ listen: _, ...all }: SpeechApp): SpeechApp => all;
    const files = changed(TRANSPORT, "b64encode(pcm)", "b64encode(pcm[:640])");
    expect(await findingsOf({ app, files })).toContain(
      "wrong-audio answers: what was sent is not the recording's sound: other samples than the recording's",
    );
  });
});
