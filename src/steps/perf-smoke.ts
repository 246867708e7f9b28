/**
 * The `perf-smoke` check: how soon the warm application answers after the end of speech, against limits, and whether the change made it slower
 * than the merge base, both measured side by side on one machine.
 */
import { posix } from "node:path";
import { canonicalJson } from "../digest.ts";
import { bundledSpeechApp, bundledSpeechConfig, recordingGlobs } from "./common/speech.ts";
import { bundled, harness, toolAction } from "./common/tool-action.ts";
import { judgePerformance } from "./perf-smoke/judge.ts";
import { baseOf, listening, orderOf } from "./perf-smoke/settings.ts";
import { installedProject } from "./project.ts";
import type { BaseFiles, Step, StepContext } from "./step.ts";

export const perfSmoke: Step = {
  id: "perf-smoke",
  title: "Performance",
  requirements: ["C10"],
  goals: ["pr-checks"],
  needs: [],
  perPython: false,
  paths: ({ checks }) => {
    const expected = checks["asr-smoke"].app?.expected;
    return expected === undefined ? [] : [posix.dirname(expected)];
  },
  plan: (context) => {
    const check = context.config.checks["perf-smoke"];
    if (check.skip !== undefined) return { skip: check.skip };
    const listens = listening(context);
    if ("why" in listens) return { skip: listens.why };
    const { app } = listens;
    const found = baseOf(context);
    const change = installedProject(context);
    const base = "why" in found ? undefined : atBase(context, found.base);
    const [program, ...args] = app.listen;
    const settings = canonicalJson({
      expected: app.expected,
      text: app.fields.text ?? "text",
      kinds: check.kinds,
      args: [...args, ...app.local.args],
      env: app.local.env,
      order: orderOf(context),
      limits: { p50: check.p50, p95: check.p95 },
    });
    const action = toolAction(context, {
      id: `${context.prefix}/run`,
      argv: [
        { tool: "python", env: "change" },
        "-P",
        { in: "harness", path: "harness.py" },
        { out: "report", prefix: "--report=" },
        `--settings=${settings}`,
        "--change",
        { tool: program, env: "change" },
        { in: "change-wheel" },
        { in: "change-lock" },
        ...(base === undefined
          ? []
          : ["--base", { tool: program, env: "base" }, { in: "base-wheel" }, { in: "base-lock" }]),
      ],
      cwd: "app",
      // Sets and dictionaries in the same order in both versions and each time: less that differs by chance.
      env: { PYTHONHASHSEED: "0" },
      inputs: {
        app: context.app(recordingGlobs(app)),
        harness: harness(
          "src/steps/common/voicekey_observe.py",
          "src/steps/common/voicekey_process.py",
          "src/steps/common/voicekey_listen.py",
          "src/steps/asr-smoke/voicekey_recordings.py",
          "src/steps/perf-smoke/voicekey_machine.py",
          "src/steps/perf-smoke/harness.py",
        ),
        "change-wheel": change.wheel,
        "change-lock": change.lock,
        ...(base === undefined ? {} : { "base-wheel": base.wheel, "base-lock": base.lock }),
      },
      outputs: ["report"],
      python: context.python,
      environments: {
        change: { lock: change.lock, project: change.wheel, precompiled: true },
        ...(base === undefined ? {} : { base: { lock: base.lock, project: base.wheel, precompiled: true } }),
      },
      timeoutSeconds: check.timeoutSeconds,
      exclusive: true,
    });
    return { actions: [...change.actions, ...(base?.actions ?? []), { name: "run", action }] };
  },
  judge: judgePerformance,
  tripwires: [
    {
      id: "slow-parser",
      title: "a parser that takes 300 ms longer",
      scope: "tool-only",
      base: bundledSpeechApp,
      overlay: () => bundled("src/steps/perf-smoke/poison/slow-parser"),
      paths: () => ["recordings"],
      config: (config) => {
        const speech = bundledSpeechConfig(config);
        // The bundled application answers in 80 ms. So few pairs are enough for so much, and keep the proof short.
        const own = { kinds: ["clean"], p50: 300, p95: 300, regression: 10, pairs: 8 };
        const { timeoutSeconds } = config.checks["perf-smoke"];
        return { ...speech, checks: { ...speech.checks, "perf-smoke": { ...own, timeoutSeconds } } };
      },
      expect: () => [{ rule: "slower" }, { rule: "latency-above-limit" }],
    },
  ],
};

/** The merge base, built by the same settings as the change: what is compared is the application, not two configs. */
function atBase(context: StepContext, { files }: BaseFiles): ReturnType<typeof installedProject> {
  const version = installedProject({ ...context, project: files, projectPrefix: `${context.projectPrefix}-base` });
  return { ...version, actions: version.actions.map(({ name, action }) => ({ name: `base-${name}`, action })) };
}
