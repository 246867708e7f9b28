import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { steps } from "../../src/steps/index.ts";
import { introspect, type SeenObject } from "../contract/introspect.ts";
import { REPOSITORY, readRepositoryFile } from "../files.ts";
import type { Scenario } from "./command.ts";
import { smallApp } from "./command.ts";

/** Every line of the README's shell blocks. */
const commands = [...readFileSync(join(REPOSITORY, "README.md"), "utf8").matchAll(/```sh\n([\s\S]*?)```/g)]
  .flatMap((block) => (block[1] ?? "").split("\n"))
  .filter((line) => line !== "");
const starting = (prefix: string): string[] => commands.filter((c) => c.startsWith(prefix));

it("the README shows no command of a kind that is not tried here", () => {
  const known = [...starting("npm "), ...starting("npx voicekey-pipeline "), ...starting("dagger ")];
  expect(commands.filter((c) => !known.includes(c))).toEqual([]);
  expect(commands.length).toBeGreaterThan(12);
});

it("the npm commands of the README are what .ci/run runs", () => {
  const run = readRepositoryFile(".ci/run");
  expect(starting("npm ")).toEqual(["npm ci && npm run pr-checks", "npm test"]);
  for (const part of ["part 'install' npm ci", "part 'pr-checks' npm run pr-checks", "part 'test' tests test"])
    expect(run).toContain(part);
});

describe("the commands of the README", () => {
  let app: Scenario;
  beforeAll(() => {
    // Only the Python that the README asks for: `doctor` ends with 3 where another one lacks.
    app = smallApp({ "pipeline.yaml": 'schema: 1\npython: { versions: ["3.11"] }\n' });
  });
  afterAll(() => app.dispose());

  it.each(starting("npx voicekey-pipeline "))("%s works", async (line) => {
    const { exit, stdout, stderr } = await app.run(line.split(" ").slice(2));
    expect(exit, stderr).toBe(0);
    expect(stdout + stderr).not.toBe("");
  });
});

describe("the Dagger calls of the README", () => {
  let module: SeenObject | undefined;
  beforeAll(async () => {
    module = (await introspect()).objects.find((o) => o.name === "VoicekeyPipeline");
  });
  const camel = (text: string): string => text.replace(/-(.)/g, (_, c: string) => c.toUpperCase());
  /** What Dagger itself adds to functions that return these. */
  const chained: Readonly<Record<string, readonly string[]>> = { Directory: ["export"], Container: ["terminal"] };

  it.each(starting("dagger call "))("%s names a function, its arguments and what its result can do", (line) => {
    const [name = "", ...words] = line.split(" ").slice(2);
    const called = module?.functions[camel(name)];
    expect(called, name).toBeDefined();
    while (words[0]?.startsWith("--") === true) {
      expect(Object.keys(called?.arguments ?? {})).toContain(camel(words[0].slice(2)));
      words.splice(0, 2);
    }
    if (words[0] !== undefined) expect(chained[called?.returnType.name ?? ""]).toContain(words[0]);
  });

  it("dagger check finds a check for each step", () => {
    expect(starting("dagger check")).toEqual(["dagger check"]);
    const checks = Object.values(module?.functions ?? {}).filter((f) => f.isCheck);
    expect(checks.map((f) => f.name)).toEqual(steps.map((step) => camel(step.id)));
  });
});
