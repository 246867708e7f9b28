import { execFileSync, spawnSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { REPOSITORY, repositoryPaths } from "../files.ts";
import { invoke, nodeWithTsx } from "./entrypoint.ts";
import { type TinyApp, tinyApp } from "./tiny-app.ts";

const BUN = "bun@1.4.5";

let root: string;
let tiny: TinyApp;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), "module-"));
  // As the runtime does it, with these files alone; a lifecycle script that needs any other, or a tool of development, ends the load here.
  for (const path of ["package.json", "package-lock.json", ".npmrc"]) cpSync(join(REPOSITORY, path), join(root, path));
  execFileSync("npm", ["install", "--omit=dev", "--no-audit", "--no-fund", "--prefer-offline"], {
    cwd: root,
    stdio: "pipe",
  });
  // The runtime brings the SDK itself; as a dependency of ours it would be 162 MB more on every cold load.
  expect(existsSync(join(root, "node_modules/@dagger.io"))).toBe(false);
  const { include } = JSON.parse(readFileSync(join(REPOSITORY, "dagger.json"), "utf8")) as { include: string[] };
  const excluded = new Set(include.map((pattern) => pattern.slice(1)));
  for (const path of repositoryPaths().filter((p) => !excluded.has(p.split("/")[0] ?? ""))) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    cpSync(join(REPOSITORY, path), join(root, path));
  }
  symlinkSync(join(REPOSITORY, "node_modules/@dagger.io"), join(root, "node_modules/@dagger.io"));
  tiny = tinyApp();
}, 280_000);
afterAll(() => {
  rmSync(root, { recursive: true, force: true });
  tiny.remove();
});

const plan = { name: "plan", parent: '{"source":"Directory@source","openNetwork":false}', args: { only: ["lint"] } };

test("the module loads and answers with nothing but its runtime libraries", async () => {
  const done = await invoke(root, tiny, plan, nodeWithTsx());
  expect(done.error ?? done.value, done.output).toContain("plan sha256:");
});

test("it does so under Bun, the runtime that package.json names", async () => {
  const tools = mkdtempSync(join(tmpdir(), "bun-"));
  try {
    writeFileSync(join(tools, "package.json"), "{}\n");
    execFileSync("npm", ["install", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline", BUN], {
      cwd: tools,
      stdio: "pipe",
    });
    const folder = join(tools, "node_modules/@oven");
    const bun = readdirSync(folder)
      .filter((name) => !name.includes("musl"))
      .map((name) => join(folder, name, "bin/bun"))
      .find((file) => spawnSync(file, ["--version"]).status === 0);
    expect(bun).toBeDefined();
    const done = await invoke(root, tiny, plan, [
      bun ?? "",
      "run",
      `--tsconfig-override=${join(root, "tsconfig.json")}`,
    ]);
    expect(done.error ?? done.value, done.output).toContain("plan sha256:");
  } finally {
    rmSync(tools, { recursive: true, force: true });
  }
});
