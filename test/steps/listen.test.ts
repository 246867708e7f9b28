import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { APP, ROOT } from "./speech-try.ts";

interface Heard {
  readonly texts: string[];
  readonly lines: number;
  readonly latency_ms: number | null;
  readonly work_ms: number | null;
  readonly before: string[];
}
interface Listened {
  readonly ready: number;
  readonly heard: Heard[];
  readonly status?: number;
  readonly kind?: string;
  readonly message?: string;
  readonly late?: boolean;
}

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "voicekey-listen-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** `listener` is an application in Python that begins as ready; `steps` is what is done with it, in Python, collecting into `heard`. */
const READY = "import json, sys, time\ndef say(**line): print(json.dumps(line), flush=True)\nsay(ready=True)\n";
const READ = "while chunk := sys.stdin.buffer.read1(65536): pass\n";

async function listen(application: string[], steps: string, more = "ready_seconds=20"): Promise<Listened> {
  const code = [
    "import json, sys, wave",
    `sys.path.insert(0, ${JSON.stringify(join(ROOT, "src/steps/common"))})`,
    "from voicekey_listen import Listener, ListenFailure",
    "def samples(name):",
    `    with wave.open(${JSON.stringify(join(APP, "recordings"))} + '/' + name) as one: return one.readframes(10**6)`,
    "result = {'heard': []}",
    "heard = result['heard']",
    `env = {'PATH': '/usr/bin:/bin', 'PYTHONPATH': ${JSON.stringify(join(APP, "src"))}, 'PYTHONDONTWRITEBYTECODE': '1'}`,
    "listener = None",
    "try:",
    `    listener = Listener(json.loads(sys.argv[1]) or [sys.executable, '-m', 'tinyvoice', 'listen'], env, ${JSON.stringify(join(folder, "log"))}, ${more})`,
    "    result['ready'] = listener.ready_ms",
    ...steps.split("\n").map((line) => `    ${line}`),
    "    result['status'] = listener.close(5)",
    "except ListenFailure as failure: result.update(kind=failure.kind, message=str(failure), late=failure.late)",
    "finally:",
    "    if listener: listener.kill()",
    "print(json.dumps(result))",
  ].join("\n");
  const env = { PATH: process.env["PATH"], PYTHONDONTWRITEBYTECODE: "1" };
  const { stdout } = await promisify(execFile)("python3", ["-c", code, JSON.stringify(application)], { env });
  return JSON.parse(stdout) as Listened;
}

const python = (code: string): string[] => ["python3", "-c", `${READY}${code}`];

describe("a listening application", () => {
  it("hears what is spoken in real time, and its latency counts from the end of speech", async () => {
    const steps = "for name in ('up.wav', 'down.wav'): heard.append(listener.hear(samples(name), 240, 'tail'))";
    const { heard, ready, status } = await listen([], steps);
    expect(heard.map((h) => h.texts)).toEqual([["go up"], ["go down"]]);
    expect(ready).toBeGreaterThan(0);
    expect(status).toBe(0);
    for (const { latency_ms: latency, work_ms: work } of heard) {
      // It waits for four silent frames of 20 ms, of which the last is complete after 80; and speech was 240 ms long.
      expect(latency).toBeGreaterThanOrEqual(59);
      expect(work).toBeGreaterThanOrEqual(59 + 240 - 20);
      expect((work ?? 0) - (latency ?? 0)).toBeGreaterThanOrEqual(220);
    }
  });

  it("gets what is older than half a second before the end of speech at once", async () => {
    const steps = "pcm = bytes(32 * 5000) + samples('up.wav')\nheard.append(listener.hear(pcm, 5240, 'tail'))";
    const { heard } = await listen([], steps);
    expect(heard[0]?.texts).toEqual(["go up"]);
    // Five of the six seconds did not have to pass; a slow machine has two more.
    expect(heard[0]?.work_ms).toBeLessThan(4500);
    expect(heard[0]?.work_ms).toBeGreaterThanOrEqual(500);
  });

  it("gets a burst at once, of which no latency is known", async () => {
    const { heard } = await listen([], "heard.append(listener.hear(samples('up.wav')))");
    expect(heard).toMatchObject([{ texts: ["go up"], latency_ms: null, before: [] }]);
  });

  it("is heard to the last of several utterances in one recording", async () => {
    const steps = [
      "pcm = samples('up.wav') + samples('down.wav') + samples('up.wav')",
      "heard.append(listener.hear(pcm, None, 'burst', lambda texts: texts == ['go up', 'go down', 'go up']))",
      "heard.append(listener.hear(pcm, 960, 'tail', lambda texts: len(texts) == 3))",
      "heard.append(listener.hear(pcm, None, 'burst', lambda texts: False, 0.5))",
    ].join("\n");
    const { heard } = await listen([], steps);
    expect(heard.map((h) => h.texts.join())).toEqual(Array(3).fill("go up,go down,go up"));
  });

  it("that has nothing to say is not waited for without end", async () => {
    const { heard } = await listen([], "heard.append(listener.hear(bytes(6400), 100, 'tail', None, 0.3))");
    expect(heard).toMatchObject([{ texts: [], latency_ms: null, work_ms: null }]);
  });

  it("that says more than was waited for has that put to the recording before", async () => {
    const app = `${READY}sys.stdin.buffer.read1(65536)\nsay(text="one")\ntime.sleep(0.3)\nsay(text="two")\nfor chunk in iter(lambda: sys.stdin.buffer.read1(65536), b""):\n    if chunk.strip(b"\\0"): say(text="three")\n`;
    const steps =
      "heard.append(listener.hear(bytes(640)))\nimport time; time.sleep(1)\nheard.append(listener.hear(samples('up.wav')))";
    const { heard } = await listen(["python3", "-c", app], steps);
    expect(heard[0]?.texts).toEqual(["one"]);
    expect(heard[1]).toMatchObject({ before: ["two"] });
    expect(heard[1]?.texts[0]).toBe("three");
  });

  it("may have its text anywhere in the line", async () => {
    const app = python(`sys.stdin.buffer.read1(65536)\nsay(result={"text": "go up"})\n${READ}`);
    const { heard } = await listen(app, "heard.append(listener.hear(samples('up.wav')))", "text='result.text'");
    expect(heard[0]?.texts).toEqual(["go up"]);
  });
});

describe("an application that listens badly", () => {
  const LONG = "heard.append(listener.hear(bytes(500_000), None, 'burst', lambda texts: False, 1))";
  it.each<[string, string[], string]>([
    ["not-started", ["/no/such/program"], "cannot be started: No such file"],
    ["died", ["true"], "ended while it should listen (exit status 0)"],
    ["no-ready", ["python3", "-c", "import time; time.sleep(60)"], "did not say that it is ready within 2 s"],
    ["no-ready", ["python3", "-c", `print('{"hello": 1}', flush=True)\nimport time; time.sleep(60)`], '{"hello": 1}'],
    [
      "garbage",
      ["python3", "-c", "print('Loading the model', flush=True)\nimport time; time.sleep(60)"],
      "'Loading the model'",
    ],
    ["died", python("sys.stdin.buffer.read1(9)\n1/0"), "(exit status 1)"],
    ["died", python("import os\nsys.stdin.buffer.read1(9)\nos.kill(os.getpid(), 11)"), "(ended by signal 11)"],
    ["not-reading", python("time.sleep(60)"), "did not read its input for 1 s"],
    ["not-utf8", python(`sys.stdout.buffer.write(b"\\xff\\n")\nsys.stdout.flush()\n${READ}`), "not UTF-8"],
    ["garbage", python(`print("[1]", flush=True)\n${READ}`), "no JSON objects: '[1]'"],
    ["flood", python("while True: print('{}')"), "more to stdout than"],
    ["flood", python(`print("x" * 10**7, flush=True)\n${READ}`), "more to stdout than"],
    ["not-ending", python(`${READ}time.sleep(60)`), "did not end within 5 s"],
  ])("is found to be %s (%#)", async (kind, application, message) => {
    const result = await listen(application, LONG, "ready_seconds=2 if 'sleep' in sys.argv[1] else 20");
    // Only where a limit of time was reached may a busy machine be the reason.
    const late = message.startsWith("did not");
    expect(result).toMatchObject({ kind, message: expect.stringContaining(message), late });
  });

  it("by writing without end to stderr cannot block itself, nor fill the disk", async () => {
    const app = python(`sys.stderr.write("x" * 10**7)\n${READ}`);
    expect(await listen(app, "heard.append(listener.hear(bytes(640), None, 'burst', None, 0.5))")).toMatchObject({
      status: 0,
    });
    expect(readFileSync(join(folder, "log")).length).toBe(65_536);
  });
});
