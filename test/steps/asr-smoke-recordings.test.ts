import { execFileSync } from "node:child_process";
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { APP, judgeTried, ROOT, trySpeech } from "./speech-try.ts";

const UP = readFileSync(join(APP, "recordings/up.wav"));
const CODE = [
  "import json, sys",
  `sys.path.insert(0, ${JSON.stringify(join(ROOT, "src/steps/asr-smoke"))})`,
  "import voicekey_recordings",
  "recordings, problems, unlisted = voicekey_recordings.load(sys.argv[1])",
  "for one in recordings: one['pcm'] = len(one['pcm'])",
  "print(json.dumps([recordings, problems, unlisted]))",
].join("\n");

interface Entry {
  readonly file: string;
  readonly kind: string;
  readonly expect: string;
  readonly pcm: number;
}
type Loaded = [Entry[], { file: string; message: string }[], string[]];

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "voicekey-recordings-"));
  write("good.wav", UP);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const write = (name: string, content: string | Buffer) => writeFileSync(join(folder, name), content);
const entry = (file: string, more: object = {}) => ({ file, text: "go up", kind: "clean", ...more });
const good = entry("good.wav");

function load(list: unknown): Loaded {
  if (list !== undefined) write("expected.json", typeof list === "string" ? list : JSON.stringify(list));
  const env = { PATH: process.env["PATH"], PYTHONDONTWRITEBYTECODE: "1" };
  return JSON.parse(
    execFileSync("python3", ["-c", CODE, join(folder, "expected.json")], { encoding: "utf8", env }),
  ) as Loaded;
}

/** The good recording with other numbers in its header. */
function wav(change: { format?: number; channels?: number; rate?: number; bits?: number; length?: number }): Buffer {
  const { format = 1, channels = 1, rate = 16_000, bits = 16, length } = change;
  const made = Buffer.from(UP);
  made.writeUInt16LE(format, 20);
  made.writeUInt16LE(channels, 22);
  made.writeUInt32LE(rate, 24);
  made.writeUInt16LE(bits, 34);
  if (length !== undefined) made.writeUInt32LE(length, 40);
  return made;
}

const HOUR = 3600 * 16_000 * 2;

describe("recordings", () => {
  it("are read with their texts, and those that nobody lists are named", () => {
    write("spare.WAV", UP);
    const [recordings, problems, unlisted] = load([good, entry("missing.wav")]);
    expect(recordings).toMatchObject([{ file: "good.wav", kind: "clean", expect: "go up", ms: 360, pcm: 11_520 }]);
    expect(problems).toEqual([{ file: "missing.wav", message: "is not there" }]);
    expect(unlisted).toEqual(["spare.WAV"]);
  });

  it.each<[string, Buffer, string]>([
    ["empty", Buffer.alloc(0), "is empty"],
    ["no WAV file", Buffer.from("OggS and so on, for more than a header"), "no RIFF/WAVE header"],
    ["stereo", wav({ channels: 2 }), "it has 2 channels; it must be mono"],
    ["44.1 kHz", wav({ rate: 44_100 }), "it has 44100 samples a second; it must be 16000"],
    ["8 bit", wav({ bits: 8 }), "it has 8 bits a sample; it must be 16"],
    ["floating point", wav({ format: 3 }), "format 3"],
    ["truncated", UP.subarray(0, 5000), "its header promises 11520 bytes of samples, 4956 are there"],
    ["truncated in its header", UP.subarray(0, 30), "cut off in its header"],
    ["without samples", wav({ length: 0 }), "it holds no samples"],
    ["an hour long by its header alone", wav({ length: HOUR }), "it is 3600 s long; it must be at most 60 s"],
  ])("that are %s are refused", (_, content, message) => {
    write("bad.wav", content);
    expect(load([good, entry("bad.wav")])[1]).toEqual([{ file: "bad.wav", message: expect.stringContaining(message) }]);
  });

  it("that are really an hour long are refused without being read", () => {
    write("long.wav", wav({ length: HOUR }));
    truncateSync(join(folder, "long.wav"), HOUR + 44);
    expect(load([good, entry("long.wav")])[1]).toEqual([
      { file: "long.wav", message: "it is 3600 s long; it must be at most 60 s" },
    ]);
  });

  it("say everything that is wrong with them at once", () => {
    write("bad.wav", wav({ channels: 2, rate: 44_100 }));
    const [, [problem]] = load([good, entry("bad.wav")]);
    expect(problem?.message).toMatch(/2 channels.*44100 samples/);
  });

  it("whose speech is said to end after them are refused", () => {
    expect(load([{ ...good, speech_end_ms: 361 }])[1]).toMatchObject([
      { message: expect.stringContaining("only 360 ms long") },
    ]);
  });
});

describe("the list of expected texts", () => {
  it.each<[string, unknown, string]>([
    ["is missing", undefined, "is not there"],
    ["is no JSON", "[{]", "is not JSON"],
    ["is nested without end", "[".repeat(200_000), "expected.json"],
    ["is empty", [], "at least one entry"],
    ["is no list", { file: "good.wav" }, "is not a JSON list"],
    ["has an entry that is no object", [good, 3], "entry 2: is not an object"],
    ["has no text", [{ file: "good.wav", kind: "clean" }], "entry 1: has no text `text`"],
    ["has an empty text", [{ ...good, text: " " }], "entry 1: `text` is empty"],
    ["has an unknown key", [{ ...good, speech_end: 3 }], "unknown key `speech_end`"],
    ["has a time that is none", [{ ...good, speech_end_ms: "3" }], "`speech_end_ms` is not a whole number"],
    ["leaves its folder", [{ ...good, file: "../good.wav" }], "not the name of a file beside the list"],
    ["names a recording twice", [good, { ...good, file: "GOOD.wav" }], "entry 2: lists GOOD.wav twice"],
    ["has nothing clean", [{ ...good, kind: "noisy" }], "lists no recording of the kind `clean`"],
  ])("that %s is refused", (_, list, message) => {
    const [, problems] = load(list);
    expect(problems).toHaveLength(1);
    expect(`${problems[0]?.file} ${problems[0]?.message}`).toContain(message);
  });
});

it("the bundled application's recordings are what its script makes", () => {
  cpSync(join(APP, "make_recordings.py"), join(folder, "make_recordings.py"));
  mkdirSync(join(folder, "recordings"));
  execFileSync("python3", [join(folder, "make_recordings.py")]);
  for (const name of readdirSync(join(APP, "recordings")))
    expect(
      readFileSync(join(folder, "recordings", name)).equals(readFileSync(join(APP, "recordings", name))),
      name,
    ).toBe(true);
});

describe("asr-smoke", () => {
  it("tries nothing while a recording is unusable, and names every one", async () => {
    const tried = await trySpeech({
      files: {
        "recordings/down.wav": undefined,
        "recordings/unsure.wav": Buffer.alloc(0),
        "src/tinyvoice/__main__.py": "1/0\n",
      },
    });
    const judgement = judgeTried(tried);
    expect(judgement.findings).toEqual([
      { rule: "recording-unusable", message: "down.wav is not there" },
      { rule: "recording-unusable", message: "unsure.wav is empty", path: "recordings/unsure.wav" },
    ]);
  });

  it("wants the recordings of hybrid mode in the list", async () => {
    const tried = await trySpeech({
      app: (app) => ({
        ...app,
        ...(app.hybrid === undefined ? {} : { hybrid: { ...app.hybrid, doubtful: "other.wav" } }),
      }),
    });
    expect(judgeTried(tried).reason).toBe("expected.json does not list other.wav, which `hybrid.doubtful` names");
  });
});
