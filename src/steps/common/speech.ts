/**
 * What the checks of speech share: the command lines of the application's recogniser, the recordings, and a small bundled application on
 * which they are proved. Nothing here judges.
 */

import { posix } from "node:path";
import type { Config, SpeechApp, SpeechBehaviour, SpeechExpectation } from "../../config/model.ts";
import { bundledPython } from "./bundled-python.ts";
import { bundled } from "./tool-action.ts";

/** The application beneath poison: recognises three tones, needs no package, asks a network recogniser about others. */
export const bundledSpeechApp = bundled("src/steps/asr-smoke/app");

/** The recordings and what is said in them: what a harness has to be given of the application. */
export function recordingGlobs(app: SpeechApp): string[] {
  const folder = posix.dirname(app.expected);
  return [app.expected, posix.join(folder === "." ? "" : folder, "*.[wW][aA][vV]")];
}

/** The settings of the bundled application, with which the checks of speech are green on it. */
export function bundledSpeechConfig(config: Config): Config {
  const python = ["python", "-m", "tinyvoice"] as const;
  const fails = (stderr: string): SpeechExpectation => ({ exit: 6, stderr, withinSeconds: 5 });
  const expect: Readonly<Record<SpeechBehaviour, SpeechExpectation>> = {
    clear: { exit: 0, text: "go up", source: "local", withinSeconds: 5 },
    answers: { exit: 0, text: "pause", source: "network", withinSeconds: 5 },
    slow: { exit: 6, stderr: "no answer in time", withinSeconds: 3 },
    unauthorised: fails("status 401"),
    "server-error": fails("status 500"),
    malformed: fails("not JSON"),
    "no-text": fails("no text"),
    refused: fails("no connection"),
  };
  return {
    ...config,
    python: bundledPython(config, "tinyvoice"),
    checks: {
      ...config.checks,
      "asr-smoke": {
        timeoutSeconds: config.checks["asr-smoke"].timeoutSeconds,
        tests: [],
        app: {
          transcribe: [...python, "transcribe", "{audio}", "--json"],
          listen: [...python, "listen"],
          fields: { text: "text", source: "source" },
          expected: "recordings/expected.json",
          accuracy: {},
          local: { args: ["--mode", "local"], env: {} },
          hybrid: {
            args: ["--mode", "hybrid"],
            env: { TINYVOICE_ENDPOINT: "{endpoint}", TINYVOICE_KEY: "{key}", TINYVOICE_TIMEOUT: "0.5" },
            clear: "up.wav",
            doubtful: "unsure.wav",
            answer: "pause",
            audioField: "audio",
            expect,
          },
        },
      },
    },
  };
}
