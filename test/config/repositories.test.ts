import { describe, expect, it } from "vitest";
import { APP, load, type Tree } from "./repository.ts";
import { named, shapes } from "./shapes.ts";

const CONFIG: Tree = { "pipeline.yaml": "schema: 1\n" };

describe("a repository that says nothing but its schema version", () => {
  it.each(Object.keys(shapes))("is understood: %s", async (title) => {
    const shape = shapes[title];
    if (shape === undefined) throw new Error("no such shape");
    const { config } = await load({ ...CONFIG, ...shape.tree });
    expect({
      name: config.app.name,
      packages: config.python.packages,
      versions: config.python.versions,
      extras: config.python.extras,
      groups: config.python.groups,
      lock: config.python.lock,
      code: config.checks.types.paths,
      lint: config.checks.lint.paths,
      format: config.checks.format.paths,
      tests: config.checks["unit-tests"].paths,
    }).toEqual({
      name: shape.name ?? "my-app",
      packages: shape.packages,
      versions: shape.versions ?? ["3.11", "3.12"],
      extras: shape.extras ?? [],
      groups: shape.groups ?? [],
      lock: undefined,
      code: shape.code,
      lint: shape.checked,
      format: shape.checked,
      tests: shape.tests,
    });
  });

  it("takes locks with hashes and a baseline from their usual places, and says what it found", async () => {
    const { config, notes } = await load({
      ...CONFIG,
      ...APP,
      "requirements.lock": "numpy==2.0.0 \\\n    --hash=sha256:00\n",
      "requirements-build.lock": "hatchling==1.27\n",
      "pipeline-baseline.json": "{}",
    });
    expect(config.python.lock).toBe("requirements.lock");
    expect(config.python.buildLock).toBeUndefined();
    expect(config.checks.types.strict).toBe(false);
    expect(config.checks["unit-tests"]).toMatchObject({ args: [], env: {}, imports: "installed" });
    expect(config).not.toHaveProperty("checks.unit-tests.coverageFloor");
    expect(config.baseline).toBe("pipeline-baseline.json");
    expect(notes).toEqual([
      "app.name: voice (project.name in pyproject.toml)",
      "python.versions: 3.11, 3.12 (project.requires-python in pyproject.toml >=3.11)",
      "python.packages: voice",
      "python.lock: requirements.lock",
      "python.build-lock: none (requirements-build.lock has no hashes)",
      "baseline: pipeline-baseline.json",
      "checks.unit-tests.paths: tests/unit",
      "checks.types.paths: src",
    ]);
  });

  it("accepts a lock of a project without dependencies", async () => {
    const { config } = await load({ ...CONFIG, ...APP, "requirements.lock": "# nothing\n" });
    expect(config.python.lock).toBe("requirements.lock");
  });
});

describe("a repository that says everything", () => {
  it("gets what it says, in normal form", async () => {
    const digest = "0".repeat(64);
    const { config, notes } = await load({
      ...APP,
      "Ünï cödé/a.py": "",
      "sounds.json": "[]",
      "deps.lock": "a==1 --hash=sha256:00\n",
      "pipeline.yaml": `schema: 1
app: { name: Other.Name }
python: { versions: ["3.12", "3.11"], packages: [voice, made_later], extras: [gui], groups: [ci], lock: ./deps.lock, build-lock: deps.lock }
checks:
  format: { paths: [./src/, "Ünï cödé"], skip: "  not yet  ", timeout: 5 }
  lint: { paths: [.] }
  types: { strict: true }
  dependencies-declared: { allow: { voice_plugins: found by name at run time } }
  unit-tests: { args: [-q], env: { MODE: test }, coverage: 85.5, imports: source, retries: 2, flaky: report }
  integration-smoke: { paths: [tests/unit], timeout: 60 }
  asr-smoke:
    app:
      transcribe: [voice, hear, --json]
      listen: [voice, listen]
      text: result.text
      source: engine
      expected: ./sounds.json
      accuracy: { noisy: 90 }
      local: { args: [--offline] }
      hybrid:
        env: { VOICE_URL: "{endpoint}", VOICE_KEY: "{key}" }
        clear: yes.wav
        doubtful: maybe.wav
        answer: scroll up
        audio-field: audio
        expect: { clear: { source: local }, refused: { exit: 6, stderr: no connection, within: 3 } }
  build-dist: { skip: built elsewhere }
  install-smoke: { commands: [{ run: [voice, --version], stdout: "{version}" }], leave-out: { "src/voice/*.md": notes } }
  perf-smoke: { p95-latency: 300, pairs: 8 }
baseline: known/later.json
base-branch: release/1.x
images: { python-3.11: "mirror.example/python@sha256:${digest}" }
`,
    });
    expect(config).toEqual({
      schema: 1,
      app: { name: "Other.Name", root: "." },
      python: {
        versions: ["3.11", "3.12"],
        packages: ["voice", "made_later"],
        extras: ["gui"],
        groups: ["ci"],
        lock: "deps.lock",
        buildLock: "deps.lock",
      },
      checks: {
        format: { skip: "not yet", timeoutSeconds: 5, paths: ["src", "Ünï cödé"] },
        lint: { timeoutSeconds: 300, paths: ["."] },
        types: { timeoutSeconds: 600, paths: ["src"], strict: true },
        "unit-tests": {
          timeoutSeconds: 1200,
          paths: ["tests/unit"],
          args: ["-q"],
          env: { MODE: "test" },
          coverageFloor: 85.5,
          imports: "source",
          retries: 2,
          flaky: "report",
        },
        "dependencies-declared": {
          timeoutSeconds: 300,
          paths: ["src"],
          allow: { voice_plugins: "found by name at run time" },
        },
        "integration-smoke": {
          timeoutSeconds: 60,
          paths: ["tests/unit"],
          args: [],
          env: {},
          imports: "installed",
          retries: 0,
          flaky: "fail",
        },
        "asr-smoke": {
          timeoutSeconds: 900,
          tests: [],
          app: {
            transcribe: ["voice", "hear", "--json"],
            listen: ["voice", "listen"],
            fields: { text: "result.text", source: "engine" },
            expected: "sounds.json",
            accuracy: { noisy: 90 },
            local: { args: ["--offline"], env: {} },
            hybrid: {
              args: [],
              env: { VOICE_URL: "{endpoint}", VOICE_KEY: "{key}" },
              clear: "yes.wav",
              doubtful: "maybe.wav",
              answer: "scroll up",
              audioField: "audio",
              expect: {
                clear: { exit: 0, source: "local", withinSeconds: 15 },
                answers: { exit: 0, text: "scroll up", withinSeconds: 15 },
                slow: { exit: "failure", withinSeconds: 15 },
                unauthorised: { exit: "failure", withinSeconds: 15 },
                "server-error": { exit: "failure", withinSeconds: 15 },
                malformed: { exit: "failure", withinSeconds: 15 },
                "no-text": { exit: "failure", withinSeconds: 15 },
                refused: { exit: 6, stderr: "no connection", withinSeconds: 3 },
              },
            },
          },
        },
        "build-dist": { skip: "built elsewhere", timeoutSeconds: 900 },
        "install-smoke": {
          timeoutSeconds: 600,
          commands: [{ run: ["voice", "--version"], exit: 0, stdout: "{version}" }],
          leaveOut: { "src/voice/*.md": "notes" },
        },
        "perf-smoke": { timeoutSeconds: 900, kinds: ["clean"], p50: 200, p95: 300, regression: 10, pairs: 8 },
      },
      baseline: "known/later.json",
      baseBranch: "release/1.x",
      images: { "python-3.11": `mirror.example/python@sha256:${digest}` },
    });
    expect(notes).toEqual([
      "checks.unit-tests.paths: tests/unit",
      "checks.types.paths: src",
      "baseline: known/later.json does not exist, so nothing is excused",
      "python.packages: no folder of made_later is found in the app",
    ]);
  });

  it("may leave out tests that it skips", async () => {
    const { config } = await load({
      "pipeline.yaml": "schema: 1\nchecks: { unit-tests: { skip: there are none yet } }\n",
      "pyproject.toml": named(""),
      "my_app/__init__.py": "",
    });
    expect(config.checks["unit-tests"]).toMatchObject({ skip: "there are none yet", paths: [] });
  });

  it("may reuse values by an alias", async () => {
    const { config } = await load({
      ...APP,
      "pipeline.yaml": "schema: 1\nchecks: { lint: { paths: &p [src] }, format: { paths: *p } }\n",
    });
    expect(config.checks.format.paths).toEqual(["src"]);
  });
});
