import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { steps } from "../../src/steps/index.ts";
import { introspect, type SeenObject } from "../contract/introspect.ts";
import { REPOSITORY, readRepositoryFile } from "../files.ts";
import { alone } from "../steps/alone.ts";
import type { Scenario } from "./command.ts";
import { smallApp } from "./command.ts";

/** Every line of the README's shell blocks. */
const commands = [...readFileSync(join(REPOSITORY, "README.md"), "utf8").matchAll(/```sh\n([\s\S]*?)```/g)]
  .flatMap((block) => (block[1] ?? "").split("\n"))
  .filter((line) => line !== "");
const NPX = "npx --no voicekey-pipeline ";
const starting = (prefix: string): string[] => commands.filter((c) => c.startsWith(prefix));

it("the README shows no command of a kind that is not tried here", () => {
  const known = [...starting("npm "), ...starting(NPX), ...starting("dagger ")];
  expect(commands.filter((c) => !known.includes(c))).toEqual([]);
  expect(commands.length).toBeGreaterThan(12);
});

it("the npm commands of the README are what .ci/run runs", () => {
  const run = readRepositoryFile(".ci/run");
  expect(starting("npm ").filter((c) => !c.startsWith("npm install "))).toEqual([
    "npm ci && npm run pr-checks",
    "npm test",
  ]);
  for (const part of ["part 'install' npm ci", "part 'pr-checks' npm run pr-checks", "part 'test' tests test"])
    expect(run).toContain(part);
});

it("the README names no package that a registry would be asked for", () => {
  const { version } = JSON.parse(readRepositoryFile("package.json")) as { version: string };
  // packed.all.test.ts installs that tarball by these very words.
  expect(starting("npm install ")).toEqual([`npm install --save-dev ./voicekey-pipeline-${version}.tgz`]);
});

describe("the commands of the README", () => {
  let app: Scenario;
  beforeAll(() => {
    // Only the Python that the README asks for: `doctor` ends with 3 where another one lacks.
    app = smallApp({ "pipeline.yaml": 'schema: 1\npython: { versions: ["3.11"] }\n' });
  });
  afterAll(() => app.dispose());

  it.each(starting(NPX))(
    "%s works",
    async (line) => {
      const { exit, stdout, stderr } = await app.run(line.slice(NPX.length).split(" "));
      expect(exit, stderr).toBe(0);
      expect(stdout + stderr).not.toBe("");
      // The first of them builds every tool environment.
    },
    300_000,
  );
});

describe("the Dagger calls of the README", () => {
  let module: SeenObject | undefined;
  beforeAll(async () => {
    module = (await introspect()).objects.find((o) => o.name === "VoicekeyPipeline");
  });
  const camel = (text: string): string => text.replace(/-(.)/g, (_, c: string) => c.toUpperCase());
  /** What Dagger itself adds to functions that return these. */
  const chained: Readonly<Record<string, readonly string[]>> = { Directory: ["export"], Container: ["terminal"] };

  it("the module is called from another repository by a commit, on that repository", () => {
    expect(starting("dagger -m ")).toEqual(["dagger -m github.com/OWNER/REPO@COMMIT call --source=. pr-checks"]);
    expect(Object.keys(module?.constructorArguments ?? {})).toContain("source");
  });

  const calls = commands.flatMap((c) => /^dagger (?:-m \S+ )?call (?:--source=\. )?(.*)$/.exec(c)?.[1] ?? []);
  it.each(calls)("call %s names a function, its arguments and what its result can do", (call) => {
    const [name = "", ...words] = call.split(" ");
    const called = module?.functions[camel(name)];
    expect(called, name).toBeDefined();
    while (words[0]?.startsWith("--") === true) {
      expect(Object.keys(called?.arguments ?? {})).toContain(camel(words[0].slice(2)));
      words.splice(0, 2);
    }
    if (words[0] !== undefined) expect(chained[called?.returnType.name ?? ""]).toContain(words[0]);
  });

  it("dagger check finds a check for each step that may run beside others", async () => {
    expect(starting("dagger check")).toEqual(["dagger check"]);
    const checks = Object.values(module?.functions ?? {}).filter((f) => f.isCheck);
    const measuring = await alone();
    expect(checks.map((f) => f.name)).toEqual(steps.filter((s) => !measuring.has(s.id)).map((step) => camel(step.id)));
  });
});
