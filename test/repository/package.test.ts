import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, test } from "vitest";
import { parse } from "yaml";
import * as z from "zod";
import { REPOSITORY, readRepositoryFile, repositoryPaths } from "../files.ts";

const Package = z.object({
  license: z.string(),
  scripts: z.record(z.string(), z.string()).default({}),
  engines: z.object({ node: z.string() }),
  dependencies: z.record(z.string(), z.string()),
  devDependencies: z.record(z.string(), z.string()),
});
const manifest = Package.parse(JSON.parse(readRepositoryFile("package.json")));

/** What `npm install` runs by itself in a folder that it is called in, or in a package that it takes from git. */
const LIFECYCLE = ["preinstall", "install", "postinstall", "preprepare", "prepare", "postprepare", "dependencies"];

/** In another place than this repository, so that no node_modules folder is found on the way up. */
function withoutDependencies<T>(body: (folder: string) => T): T {
  const folder = mkdtempSync(path.join(tmpdir(), "voicekey-package-"));
  try {
    for (const file of repositoryPaths().filter((p) => !/^(fixtures|test|docs)\//.test(p))) {
      cpSync(path.join(REPOSITORY, file), path.join(folder, file));
    }
    return body(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const lifecycle = LIFECYCLE.flatMap((name) =>
  manifest.scripts[name] === undefined ? [] : [{ name, command: manifest.scripts[name] }],
);

test("installing builds the command, so that it works straight after `npm ci`", () => {
  expect(lifecycle.map((s) => s.name)).toContain("prepare");
});

test.each(lifecycle)("the lifecycle script $name works where no package is installed", ({ command }) => {
  withoutDependencies((folder) => {
    const result = spawnSync(command, { cwd: folder, shell: true, encoding: "utf8" });
    expect({ status: result.status, stderr: result.stderr }).toEqual({ status: 0, stderr: "" });
  });
});

test("the lock file carries versions and hashes, and no addresses", () => {
  const lock = z
    .object({ packages: z.record(z.string(), z.record(z.string(), z.unknown())) })
    .parse(JSON.parse(readRepositoryFile("package-lock.json")));
  const packages = Object.entries(lock.packages).filter(([name]) => name !== "");
  expect(packages.length).toBeGreaterThan(50);
  expect(packages.filter(([, p]) => "resolved" in p).map(([name]) => name)).toEqual([]);
  expect(
    packages
      .filter(([, p]) => p["integrity"] === undefined && p["link"] !== true && p["inBundle"] !== true)
      .map(([name]) => name),
  ).toEqual([]);
});

test("npm keeps addresses out of the lock file by itself", () => {
  expect(readRepositoryFile(".npmrc").split("\n")).toContain("omit-lockfile-registry-resolved=true");
});

test("every dependency is one exact version, but for the compiler that the Dagger SDK replaces", () => {
  const all = Object.entries({ ...manifest.dependencies, ...manifest.devDependencies });
  const loose = all.filter(([, version]) => !/^\d+\.\d+\.\d+(?:-[\w.]+)?$/.test(version));
  expect(loose.map(([name]) => name)).toEqual(["typescript"]);
});

test.each(["pr-checks", "build", "test", "test:all", "bench", "lint", "typecheck", "schema"])(
  "there is an npm script %s",
  (name) => {
    expect(manifest.scripts[name]).toBeDefined();
  },
);

test("the licence is whole, and the one that the package names", () => {
  expect(manifest.license).toBe("Apache-2.0");
  const text = readRepositoryFile("LICENSE");
  expect(text).toContain("Version 2.0, January 2004");
  expect(text).toContain("END OF TERMS AND CONDITIONS");
  expect(text.length).toBeGreaterThan(11_000);
});

test("the command that a CI service starts can be started", () => {
  expect(statSync(path.join(REPOSITORY, ".ci/run")).mode & 0o111).toBe(0o111);
});

test("without arguments both doors check the application that ships with the repository", () => {
  expect(parse(readRepositoryFile(".github/pipeline.yaml"))).toEqual({ use: "fixtures/voice-app/pipeline.yaml" });
  expect(repositoryPaths()).toContain("fixtures/voice-app/pipeline.yaml");
});

test("every rule of CODEOWNERS covers a file that exists", () => {
  const rules = readRepositoryFile(".github/CODEOWNERS")
    .split("\n")
    .filter((l) => l.startsWith("/"))
    .map((l) => l.split(/\s+/)[0]?.slice(1) ?? "");
  const covers = (rule: string) =>
    repositoryPaths().some((p) => (rule.endsWith("/") ? p.startsWith(rule) : p === rule));
  expect(rules.length).toBeGreaterThan(5);
  expect(rules.filter((rule) => !covers(rule))).toEqual([]);
});
