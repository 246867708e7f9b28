import { describe, expect, test } from "vitest";
import { type Command, DAGGER_WORDS, hostWords, typedAt, wordsOfRun } from "../src/command-words.ts";
import { CATALOGUE, type ErrorCode, PipelineError, remedyOf, renderError } from "../src/errors.ts";

const commands: readonly (readonly [Command, host: string, dagger: string])[] = [
  [{ name: "run", goal: "pr-checks" }, "pr-checks", "call pr-checks"],
  [
    { name: "run", goal: "pr-checks", only: ["lint", "types"] },
    "pr-checks --only lint,types",
    "call pr-checks --only lint,types",
  ],
  [{ name: "plan", goal: "pr-checks" }, "plan pr-checks", "call plan"],
  [{ name: "debug", step: "unit-tests@3.11" }, "debug unit-tests@3.11", "call debug --step unit-tests@3.11 terminal"],
  [{ name: "baseline" }, "baseline", "call baseline export --path ."],
  [{ name: "list" }, "list", "functions"],
  [{ name: "help" }, "help", "call --help"],
];

describe("a command is typed", () => {
  test.each(commands)("%j at each door in its own words", (command, host, dagger) => {
    expect(hostWords().typed(command)).toBe(`npx --no voicekey-pipeline ${host}`);
    expect(hostWords("voicekey-pipeline").typed(command)).toBe(`voicekey-pipeline ${host}`);
    expect(DAGGER_WORDS.typed(command)).toBe(`dagger ${dagger}`);
  });

  test("with --on dagger where a host command sent its run to containers", () => {
    const words = hostWords(undefined, "dagger");
    expect(words.typed({ name: "run", goal: "pr-checks", only: ["lint"] })).toBe(
      "npx --no voicekey-pipeline pr-checks --on dagger --only lint",
    );
    expect(words.typed({ name: "debug", step: "lint" })).toBe("npx --no voicekey-pipeline debug lint");
  });

  test("and not at all at a door that does not have it", () => {
    expect(typedAt(hostWords(), { name: "doctor", install: true })).toBe("npx --no voicekey-pipeline doctor --install");
    expect(typedAt(DAGGER_WORDS, { name: "doctor", install: true })).toBeUndefined();
  });

  test("as the verdict says where the run was", () => {
    expect(wordsOfRun("dagger").door).toBe("dagger");
    expect(wordsOfRun("host").door).toBe("host");
  });
});

describe("an error", () => {
  const problems = [
    { message: "broken", remedy: "Write it anew:", command: { name: "baseline" } },
    { message: "lacking", remedy: "This line says more:", command: { name: "doctor" } },
    { message: "plain", remedy: "Look again." },
  ] as const;

  test.each(Object.keys(CATALOGUE) as ErrorCode[])("%s names at each door no command of the other", (code) => {
    const error = new PipelineError(code, "what happened", { problems });
    expect(renderError(error, DAGGER_WORDS)).not.toMatch(/voicekey-pipeline|npx|--evidence|VOICEKEY_|--on dagger/);
    expect(renderError(error, hostWords())).not.toMatch(/dagger (?:call|functions)/);
    for (const words of [DAGGER_WORDS, hostWords()]) expect(remedyOf(code, words)).toMatch(/^\S.*[.)]$/s);
  });

  test("shows the command of a problem behind its remedy, and neither at a door without that command", () => {
    const error = new PipelineError("USAGE", "what happened", { problems });
    const cures = (text: string) => text.split("\n").filter((line) => line.includes("→"));
    expect(cures(renderError(error, hostWords("vp")))).toEqual([
      "    → Write it anew: `vp baseline`",
      "    → This line says more: `vp doctor`",
      "    → Look again.",
    ]);
    expect(cures(renderError(error, DAGGER_WORDS))).toEqual([
      "    → Write it anew: `dagger call baseline export --path .`",
      "    → Look again.",
    ]);
  });

  test("of an environment is told alike at both doors, since it becomes part of the verdict", () => {
    expect(remedyOf("ENVIRONMENT_FAILED", DAGGER_WORDS)).toBe(remedyOf("ENVIRONMENT_FAILED", hostWords()));
  });
});
