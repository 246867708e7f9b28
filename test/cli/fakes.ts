/** A session that answers with a fixed verdict, and streams that remember. */
import { PassThrough } from "node:stream";
import type { Io, OutStream } from "../../dagger/cli/io.ts";
import type { Opened, OpenOptions, RunSettings, Session } from "../../dagger/cli/session-port.ts";
import { hostWords } from "../../src/command-words.ts";
import type { RunVerdict } from "../../src/evidence/verdict.ts";
import { writeRecord } from "../evidence/record-folder.ts";
import { everyOutcomePlan } from "../evidence/verdicts.ts";
import { fakeMachine } from "../exec/host/fake-machine.ts";
import { badFile, stillClock, toyStep } from "../plan/fakes.ts";

export interface FakeStream {
  readonly stream: OutStream;
  text(): string;
}

export function fakeStream(terminal: { readonly isTTY?: boolean; readonly columns?: number } = {}): FakeStream {
  const chunks: string[] = [];
  const through = new PassThrough();
  through.on("data", (chunk: Buffer) => chunks.push(chunk.toString("utf8")));
  return { stream: Object.assign(through, terminal), text: () => chunks.join("") };
}

export interface FakeIo {
  readonly io: Io;
  readonly out: FakeStream;
  readonly err: FakeStream;
  /** Sends a signal to whoever listens. */
  signal(name: string): void;
  readonly exits: number[];
  listening(): number;
}

export function fakeIo(session: Session | (() => Promise<Session>), more: Partial<Io> = {}, terminal = {}): FakeIo {
  const out = fakeStream(terminal);
  const err = fakeStream(terminal);
  const handlers = new Set<(signal: string) => void>();
  const exits: number[] = [];
  const io: Io = {
    out: out.stream,
    err: err.stream,
    env: {},
    clock: stillClock(),
    cwd: "/nowhere",
    pid: 1,
    alive: () => false,
    jobs: 2,
    words: () => hostWords("voicekey-pipeline"),
    session: typeof session === "function" ? session : async () => session,
    onSignal(handler) {
      handlers.add(handler);
      return () => handlers.delete(handler);
    },
    exit: (code) => exits.push(code),
    ...more,
  };
  const signal = (name: string) => {
    for (const handler of handlers) handler(name);
  };
  return { io, out, err, exits, signal, listening: () => handlers.size };
}

export interface FakeSession extends Session {
  readonly opens: OpenOptions[];
  readonly runs: RunSettings[];
}

/** Runs are answered with `verdict`, whose evidence is written, or by `run` where given; what was asked is recorded. */
export function fakeSession(verdict: RunVerdict, more: Partial<Opened> = {}): FakeSession {
  const opens: OpenOptions[] = [];
  const runs: RunSettings[] = [];
  const opened: Opened = {
    plan: everyOutcomePlan,
    notes: ["one note"],
    async run(settings) {
      runs.push(settings);
      for (const step of verdict.steps) {
        settings.log.emit({ type: "step-finished", at: verdict.startedAt, step: step.id, verdict: step });
      }
      const steps = verdict.steps.map((step) => ({ key: step.id, title: step.id, verdict: step }));
      await writeRecord(settings.evidence, { plan: everyOutcomePlan, verdict, steps, actions: [] });
      return verdict;
    },
    debug: async () => undefined,
    needs: async () => [],
    writeBaseline: async () => ({ file: "pipeline-baseline.json", findings: 3, bySteps: { lint: 3 } }),
    ...more,
  };
  return {
    opens,
    runs,
    steps: [
      toyStep({ tripwires: [badFile] }),
      toyStep({ id: "unit-tests", title: "Unit tests", perPython: true, needs: ["toy"] }),
    ],
    machine: async () => fakeMachine(),
    configKeys: async (step) => [
      { key: `checks.${step}.paths`, type: "list of string", description: "Where to look." },
    ],
    async open(options) {
      opens.push(options);
      return opened;
    },
  };
}
