/**
 * The speech check after defaults: in particular what an application must do about each way in which a network recogniser fails.
 */
import { base, commandLine } from "./assemble-parts.ts";
import type { CommandMore, HybridSpeech, SpeechApp, SpeechBehaviour, SpeechCheck, SpeechExpectation } from "./model.ts";
import { normalPath } from "./paths.ts";
import type { FileConfig } from "./schema.ts";
import { DEFAULT_WITHIN_SECONDS } from "./values.ts";

type Section = NonNullable<FileConfig["checks"]>["asr-smoke"];
type AppSection = NonNullable<NonNullable<Section>["app"]>;
type HybridSection = NonNullable<AppSection["hybrid"]>;
type Expected = NonNullable<NonNullable<HybridSection["expect"]>[SpeechBehaviour]>;

export function speech(check: Section): SpeechCheck {
  const head = base(check, "asr-smoke");
  const tests = (check?.tests ?? []).map(normalPath);
  if (check?.app !== undefined) return { ...head, tests, app: speechApp(check.app) };
  if (tests.length > 0 || head.skip !== undefined) return { ...head, tests };
  return {
    ...head,
    tests,
    skip: "nothing says how speech recognition is tried: the config has neither `asr-smoke.app` nor `asr-smoke.tests`",
  };
}

function speechApp(app: AppSection): SpeechApp {
  return {
    transcribe: commandLine(app.transcribe),
    ...(app.listen === undefined ? {} : { listen: commandLine(app.listen) }),
    fields: {
      ...(app.text === undefined ? {} : { text: app.text }),
      ...(app.source === undefined ? {} : { source: app.source }),
    },
    expected: normalPath(app.expected),
    accuracy: app.accuracy ?? {},
    local: more(app.local),
    ...(app.hybrid === undefined ? {} : { hybrid: hybrid(app.hybrid) }),
  };
}

function hybrid(section: HybridSection): HybridSpeech {
  const given = section.expect ?? {};
  const fails = (behaviour: SpeechBehaviour): SpeechExpectation => expectation(given[behaviour], { exit: "failure" });
  return {
    ...more(section),
    clear: section.clear,
    doubtful: section.doubtful,
    answer: section.answer,
    ...(section["audio-field"] === undefined ? {} : { audioField: section["audio-field"] }),
    expect: {
      clear: expectation(given.clear, { exit: 0 }),
      answers: expectation(given.answers, { exit: 0, text: section.answer }),
      slow: fails("slow"),
      unauthorised: fails("unauthorised"),
      "server-error": fails("server-error"),
      malformed: fails("malformed"),
      "no-text": fails("no-text"),
      refused: fails("refused"),
    },
  };
}

function expectation(
  given: Expected | undefined,
  otherwise: { readonly exit: SpeechExpectation["exit"]; readonly text?: string },
): SpeechExpectation {
  const text = given?.text ?? otherwise.text;
  return {
    exit: given?.exit ?? otherwise.exit,
    ...(text === undefined ? {} : { text }),
    ...(given?.source === undefined ? {} : { source: given.source }),
    ...(given?.stderr === undefined ? {} : { stderr: given.stderr }),
    withinSeconds: given?.within ?? DEFAULT_WITHIN_SECONDS,
  };
}

function more(
  section: { args?: string[] | undefined; env?: Record<string, string> | undefined } | undefined,
): CommandMore {
  return { args: section?.args ?? [], env: section?.env ?? {} };
}
