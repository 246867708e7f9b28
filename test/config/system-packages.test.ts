import { expect, it } from "vitest";
import { complaint, load } from "./repository.ts";

const app = (more: string) => ({
  "pipeline.yaml": `schema: 1\n${more}`,
  "pyproject.toml": '[project]\nname = "voice"\nrequires-python = ">=3.11"\n',
  "src/voice/__init__.py": "",
  "tests/test_voice.py": "",
});

it("system packages are handed on as they are written", async () => {
  const { config } = await load(app("system-packages: [bubblewrap, libstdc++6, python3.11]\n"));
  expect(config.systemPackages).toEqual(["bubblewrap", "libstdc++6", "python3.11"]);
});

it("a config without them is the same as before there were any", async () => {
  expect((await load(app(""))).config).not.toHaveProperty("systemPackages");
});

it.each([
  "--force",
  "git-",
  "-y",
  "Chromium",
  "a",
  "chromium=1.0",
  "chromium/sid",
  "./local.deb",
  "two words",
  "name;id",
])("%j is not taken for the name of a package", async (name) => {
  const said = await complaint(app(`system-packages:\n  - ${JSON.stringify(name)}\n`));
  expect(said).toContain("pipeline.yaml:3:5: `system-packages[0]` must be the name of a Debian package");
});

it("a package that is named twice is told", async () => {
  expect(await complaint(app("system-packages: [git, git]\n"))).toContain("stands twice in the list");
});
