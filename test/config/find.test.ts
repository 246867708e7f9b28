import path from "node:path";
import { describe, expect, it } from "vitest";
import { CONFIG_FILES, findConfig } from "../../src/config/load.ts";
import { PipelineError } from "../../src/errors.ts";
import { APP, complaintAt, loadAt, repository, type Tree } from "./repository.ts";

const inFolder = (folder: string, tree: Tree): Tree =>
  Object.fromEntries(Object.entries(tree).map(([name, content]) => [`${folder}/${name}`, content]));

describe("the config file", () => {
  it("is looked for in a fixed order, and those that it hides are told", async () => {
    const all = Object.fromEntries(CONFIG_FILES.map((name) => [name, "schema: 1\n"]));
    for (const [index, name] of CONFIG_FILES.entries()) {
      const folder = await repository({ ...APP, ...Object.fromEntries(Object.entries(all).slice(index)) });
      expect(await findConfig(folder)).toBe(path.join(folder, name));
      const { configFile, notes, appFolder } = await loadAt(folder);
      expect(configFile).toBe(name);
      expect(appFolder).toBe(folder);
      expect(notes.filter((n) => n.includes("is not read"))).toHaveLength(CONFIG_FILES.length - 1 - index);
    }
  });

  it("can be named, relative to the source folder or absolute", async () => {
    const folder = await repository({
      ...APP,
      "ci/voice.yaml": "schema: 1\napp: { root: . }\n",
      "voice.yaml": "schema: 1\n",
    });
    expect((await loadAt(folder, { configFile: "voice.yaml" })).configFile).toBe("voice.yaml");
    expect((await loadAt(folder, { configFile: path.join(folder, "voice.yaml") })).configFile).toBe("voice.yaml");
    expect(await complaintAt(folder, { configFile: "ci/voice.yaml" })).toContain("packages cannot be found");
  });

  it("may stand outside the repository, and then speaks of the source folder", async () => {
    const outside = await repository({ "pipeline.yaml": "schema: 1\n" });
    const folder = await repository(inFolder("apps/voice", APP));
    const configFile = path.join(outside, "pipeline.yaml");
    const loaded = await loadAt(folder, { source: "apps/voice", configFile });
    expect(loaded).toMatchObject({ configFile, appFolder: path.join(folder, "apps/voice") });
    expect(loaded.config.app.root).toBe("apps/voice");
  });

  it.skipIf(process.platform === "win32")("is not read from a device, which might never end", async () => {
    const folder = await repository(APP);
    expect(await complaintAt(folder, { configFile: "/dev/null" })).toContain("the config is not a regular file");
  });

  it("at the top of the repository is pointed at from a folder that has none", async () => {
    const folder = await repository({ "apps/voice/a.py": "", ".github/pipeline.yaml": "schema: 1\n" });
    const error = await findConfig(path.join(folder, "apps/voice"), undefined, folder).catch((e: unknown) => e);
    expect(error).toMatchObject({
      code: "CONFIG_NOT_FOUND",
      problems: [{ file: path.join(folder, ".github/pipeline.yaml"), remedy: "Use it with `--source ../..`." }],
    });
  });

  it("is missing with a code of its own, and so is the source folder", async () => {
    const folder = await repository(APP);
    const code = async (run: Promise<unknown>): Promise<unknown> =>
      await run.catch((e) => e instanceof PipelineError && e.code);
    expect(await code(findConfig(folder))).toBe("CONFIG_NOT_FOUND");
    expect(await code(findConfig(folder, "other.yaml"))).toBe("CONFIG_NOT_FOUND");
    expect(await code(findConfig(path.join(folder, "gone")))).toBe("SOURCE_NOT_FOUND");
    expect(await code(findConfig(path.join(folder, "pyproject.toml")))).toBe("SOURCE_NOT_FOUND");
  });
});

describe("the app's folder", () => {
  it("is where the pointed-at config says, relative to that config", async () => {
    const folder = await repository({
      ...inFolder("fixtures/voice app/code", APP),
      "fixtures/voice app/pipeline.yaml": "schema: 1\napp: { root: code }\n",
      ".github/pipeline.yaml": 'use: "fixtures/voice app/pipeline.yaml"\n',
    });
    const { appFolder, config, configFile } = await loadAt(folder);
    expect(appFolder).toBe(path.join(folder, "fixtures/voice app/code"));
    expect(config.app.root).toBe("fixtures/voice app/code");
    expect(configFile).toBe("fixtures/voice app/pipeline.yaml");
  });

  it("is relative to the parent of .github, pointed at or not", async () => {
    const tree = { ...inFolder("app", APP), "app/.github/pipeline.yaml": "schema: 1\napp: { root: . }\n" };
    const direct = await loadAt(await repository(tree), { source: "app" });
    expect(direct.config.app.root).toBe("app");
    const pointed = await loadAt(await repository({ ...tree, "pipeline.yml": "use: app/.github/pipeline.yaml\n" }));
    expect(pointed.config.app.root).toBe("app");
  });

  it("is the real one when the source folder is reached by a link", async () => {
    const folder = await repository({
      ...inFolder("app", APP),
      "app/pipeline.yaml": "schema: 1\n",
      link: { link: "app" },
    });
    const { appFolder, config } = await loadAt(folder, { source: "link" });
    expect(config.app.root).toBe("app");
    expect(appFolder).toBe(path.join(folder, "app"));
  });

  it("names problems of its own files by their path in the repository", async () => {
    const folder = await repository({
      ...inFolder("app", APP),
      "app/pipeline.yaml": "schema: 1\n",
      "app/pyproject.toml": "a = \n",
    });
    expect(await complaintAt(folder, { source: "app" })).toContain("  app/pyproject.toml:1:");
  });
});
