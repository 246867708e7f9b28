import { execFileSync } from "node:child_process";
import path from "node:path";
import { expect, test } from "vitest";
import * as z from "zod";
import { REPOSITORY, readRepositoryFile } from "../files.ts";

const Package = z.object({
  name: z.string(),
  version: z.string(),
  devDependencies: z.record(z.string(), z.string()),
  peerDependencies: z.record(z.string(), z.string()),
});
const Lock = z.object({ packages: z.record(z.string(), z.object({ version: z.string().optional() })) });

const manifest = Package.parse(JSON.parse(readRepositoryFile("package.json")));

test("the Dagger command, engine and SDK are one version", () => {
  const sdk = manifest.devDependencies["@dagger.io/dagger"];
  expect(manifest.peerDependencies["@dagger.io/dagger"]).toBe(sdk);
  const installed = Lock.parse(JSON.parse(readRepositoryFile("package-lock.json"))).packages[
    "node_modules/@dagger.io/dagger"
  ]?.version;
  const engine = z
    .object({ engineVersion: z.string() })
    .parse(JSON.parse(readRepositoryFile("dagger.json"))).engineVersion;
  const command = /^version=(v\S+)$/m.exec(readRepositoryFile("scripts/install-dagger.sh"))?.[1];
  expect(sdk).toMatch(/^\d+\.\d+\.\d+$/);
  expect({ installed, engine, command }).toEqual({ installed: sdk, engine: `v${sdk}`, command: `v${sdk}` });
});

test("the changelog has a section for the package's version, or for what is not released", () => {
  const sections = [...readRepositoryFile("CHANGELOG.md").matchAll(/^## \[([^\]]+)\]/gm)].map((m) => m[1]);
  expect(sections.some((s) => s === "Unreleased" || s === manifest.version)).toBe(true);
});

test("the installer of the Dagger command refuses to run without a folder, and is a valid script", () => {
  const script = path.join(REPOSITORY, "scripts/install-dagger.sh");
  execFileSync("bash", ["-n", script]);
  expect(() => execFileSync("bash", [script], { stdio: "pipe" })).toThrow(/usage: install-dagger\.sh FOLDER/);
});
