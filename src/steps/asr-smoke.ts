/**
 * The `asr-smoke` check: the installed application's own recogniser on recordings, local-only with every socket watched, and with a network
 * recogniser on the loopback that behaves well and badly. An application without such commands gives tests of its own instead.
 */
import { posix } from "node:path";
import type { Config, SpeechApp } from "../config/model.ts";
import { canonicalJson } from "../digest.ts";
import { judgeSpeech } from "./asr-smoke/judge.ts";
import { judgePytest } from "./common/pytest/judge.ts";
import { type PytestSelection, planPytest } from "./common/pytest/plan.ts";
import { bundledSpeechApp, bundledSpeechConfig, recordingGlobs } from "./common/speech.ts";
import { bundled, harness, toolAction } from "./common/tool-action.ts";
import { installedProject } from "./project.ts";
import type { ExpectedFinding, Step, StepAction, StepContext, Tripwire } from "./step.ts";

const ID = "asr-smoke";

/** In which a command must have recognised a recording, and `listen` be ready: large models take their time. */
const COMMAND_SECONDS = 60;

const HARNESS = [
  "src/steps/common/voicekey_observe.py",
  "src/steps/common/voicekey_process.py",
  "src/steps/common/voicekey_listen.py",
  "src/steps/asr-smoke/voicekey_recordings.py",
  "src/steps/asr-smoke/voicekey_recogniser.py",
  "src/steps/asr-smoke/voicekey_sockets.py",
  "src/steps/asr-smoke/voicekey_tries.py",
  "src/steps/asr-smoke/harness.py",
];

export const asrSmoke: Step = {
  id: ID,
  title: "Speech recognition",
  requirements: ["C4"],
  goals: ["pr-checks"],
  needs: [],
  perPython: true,
  paths: ({ checks }) => {
    const { app, tests } = checks[ID];
    return app === undefined ? tests : [posix.dirname(app.expected)];
  },
  plan: (context) => {
    const { skip, app } = context.config.checks[ID];
    if (skip !== undefined) return { skip };
    return { actions: app === undefined ? planPytest(context, selection(context)) : planSpeech(context, app) };
  },
  judge: (judged) => {
    const { app } = judged.context.config.checks[ID];
    if (app !== undefined) return judgeSpeech(judged, app);
    const judgement = judgePytest(judged, selection(judged.context));
    return {
      ...judgement,
      facts: { ...judgement.facts, "sockets watched by": "nothing: the application's own tests" },
    };
  },
  tripwires: [
    onTones("recogniser-raises", "a recogniser that raises an exception", onlyLocal, [
      { rule: "app-failed", message: "listen at up.wav: ended while it should listen" },
      { rule: "app-failed", message: "the model cannot be read" },
    ]),
    onTones("broken-transport", "a network transport that works only with mocks", withoutListen, [
      { rule: "wrong-audio", message: "answers: no request had a body" },
      { rule: "wrong-behaviour", message: "answers: it raised an exception" },
    ]),
    onTones("fallback-never-triggers", "a fallback to the network that never happens", withoutListen, [
      { rule: "fallback-not-triggered", message: "answers:" },
      { rule: "wrong-behaviour", message: "answers: expected exit status 0, got exit status 4" },
    ]),
    onTones("audio-sent-although-local", "audio that is sent in local-only mode", withoutListen, [
      { rule: "socket-opened", path: "src/tinyvoice/transport.py", message: "called from tinyvoice/telemetry.py:" },
    ]),
  ],
};

function planSpeech(context: StepContext, app: SpeechApp): StepAction[] {
  const { lock, wheel, actions } = installedProject(context);
  const action = toolAction(context, {
    id: `${context.prefix}/run`,
    argv: [
      { tool: "python", env: "app" },
      "-P",
      { in: "harness", path: "harness.py" },
      { in: "settings", path: "settings.json" },
      { out: "report" },
    ],
    cwd: "app",
    inputs: {
      app: context.app(recordingGlobs(app)),
      harness: { kind: "overlay", lower: harness(...HARNESS), upper: bundled("src/steps/asr-smoke/watch", "watch") },
      settings: { kind: "inline", files: { "settings.json": settingsOf(context, app) } },
    },
    outputs: ["report"],
    python: context.python,
    environments: { app: { lock, project: wheel, precompiled: true } },
    timeoutSeconds: context.config.checks[ID].timeoutSeconds,
  });
  return [...actions, { name: "run", action }];
}

/** `settings.json`, as the harness reads it. */
function settingsOf({ config }: StepContext, app: SpeechApp): string {
  const { transcribe, listen = null, fields, expected, local, hybrid = null } = app;
  const { packages } = config.python;
  const settings = { packages, transcribe, listen, fields, expected, local, hybrid, seconds: COMMAND_SECONDS };
  return `${canonicalJson(settings)}\n`;
}

function selection({ config, paths }: StepContext): PytestSelection {
  const { timeoutSeconds } = config.checks[ID];
  return { name: "run", paths, args: [], env: {}, imports: "installed", retries: 0, flaky: "fail", timeoutSeconds };
}

type ChangeApp = (app: SpeechApp) => SpeechApp;

/** A tripwire of the poison `id` on the bundled application, with no more of its commands than the defect needs: proofs are to be short. */
function onTones(id: string, title: string, change: ChangeApp, expect: readonly ExpectedFinding[]): Tripwire {
  return {
    id,
    title,
    scope: "tool-only",
    base: bundledSpeechApp,
    overlay: () => bundled(`src/steps/${ID}/poison/${id}`),
    paths: () => ["recordings"],
    config: (config) => changed(bundledSpeechConfig(config), change),
    expect: () => expect,
  };
}

function changed(config: Config, change: ChangeApp): Config {
  const check = config.checks[ID];
  if (check.app === undefined) return config;
  return { ...config, checks: { ...config.checks, [ID]: { ...check, app: change(check.app) } } };
}

function onlyLocal({ hybrid: _, ...app }: SpeechApp): SpeechApp {
  return app;
}

function withoutListen({ listen: _, ...app }: SpeechApp): SpeechApp {
  return app;
}
