/** Folders that functions of the module return: whoever exports them can open them, whatever user the runtime had. */
import { mkdirSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { dag } from "@dagger.io/dagger";
import { afterEach, beforeEach, expect, test } from "vitest";
import { freshFolder } from "../../dagger/module.ts";
import { VoicekeyPipeline } from "../../src/index.ts";
import { connected } from "./connect.ts";
import { type Engine, startEngine } from "./engine.ts";
import type { Files, Work as Told } from "./exporting.ts";
import { flat } from "./recipe.ts";
import { engineWith, type TinyApp, tinyApp } from "./tiny-app.ts";

const before = { folder: process.cwd(), umask: process.umask(0o022) };
let tiny: TinyApp;
let engine: Engine;
beforeEach(async () => {
  tiny = tinyApp({ "calm.yaml": 'schema: 1\nchecks: { build-dist: { skip: "no packages yet" } }\n' });
  process.chdir(tiny.folder);
  process.umask(0o022);
  engine = await startEngine(engineWith(tiny.app, outputs));
});
afterEach(async () => {
  process.umask(before.umask);
  process.chdir(before.folder);
  tiny.remove();
  await engine.close();
});

function outputs({ outputs: names }: Pick<Told, "outputs">): Files {
  return Object.fromEntries(names.map((name) => [`out/${name}/below/file.txt`, name]));
}

/** The folder of this machine that the module returned. */
async function returned(
  body: (p: VoicekeyPipeline) => Promise<{ id(): Promise<string> }>,
  config?: string,
): Promise<string> {
  const id = await connected(engine, async () =>
    (await body(new VoicekeyPipeline(dag.host().directory("app"), config))).id(),
  );
  expect([engine.refused, engine.denied]).toEqual([[], []]);
  const [, workdir] = flat(engine.ids.get(id) ?? { type: "", calls: [] }, engine.ids);
  return join(tiny.folder, String(workdir?.args["path"]));
}

/** Folders that not everybody can enter and list, the folder itself among them. */
function closed(folder: string): string[] {
  const below = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((f) => f.isDirectory());
  const all = ["", ...below.map((f) => join(f.parentPath, f.name).slice(folder.length))];
  return all.filter((path) => (statSync(join(folder, path)).mode & 0o777) !== 0o755);
}

test("a folder of the evidence has mode 0755, at the top and below", async () => {
  const folder = await returned((p) => p.evidence(["lint", "build-dist"]));
  expect(readdirSync(folder, { recursive: true })).toContain("steps/build-dist/dist/dist/below/file.txt");
  expect(closed(folder)).toEqual([]);
});

test("a folder in the place of packages that are skipped has mode 0755", async () => {
  const folder = await returned((p) => p.buildDist(), "calm.yaml");
  expect(readdirSync(folder)).toEqual(["SKIPPED.txt"]);
  expect(closed(folder)).toEqual([]);
});

test("a folder with a new baseline has mode 0755", async () => {
  const folder = await returned((p) => p.baseline());
  expect(readdirSync(folder)).toEqual(["pipeline-baseline.json"]);
  expect(closed(folder)).toEqual([]);
});

test("a folder of the runtime is open whatever its user masks", async () => {
  process.umask(0o077);
  expect(closed(await freshFolder("open"))).toEqual([]);
});

test("a folder that only its owner can enter would be seen", () => {
  const folder = join(tiny.folder, "like-mkdtemp");
  mkdirSync(join(folder, "below"), { recursive: true, mode: 0o700 });
  expect(closed(folder)).toEqual(["", "/below"]);
});
