import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { isBuiltin } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { REPOSITORY, readRepositoryFile } from "../files.ts";

let folder = "";
let command = "";

/** The bundle in a folder of its own, laid out as the package is: beside package.json, with the dependencies in reach. */
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "built-"));
  for (const name of ["package.json", "node_modules", "src", "dagger", "schema"]) {
    symlinkSync(join(REPOSITORY, name), join(folder, name));
  }
  const built = spawnSync(process.execPath, [join(REPOSITORY, "scripts/build.mjs"), "--outdir", join(folder, "dist")], {
    encoding: "utf8",
  });
  expect({ status: built.status, stderr: built.stderr }).toEqual({ status: 0, stderr: "" });
  command = join(folder, "dist/voicekey-pipeline.mjs");
});
afterAll(() => rmSync(folder, { recursive: true }));

function call(...argv: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [command, ...argv], { encoding: "utf8", cwd: folder });
  return { status, stdout, stderr };
}

/** Files of the bundle that are loaded before any command is chosen. */
function loadedAtOnce(file = command, seen = new Set<string>()): Set<string> {
  if (seen.has(file)) return seen;
  seen.add(file);
  for (const [, next = ""] of readFileSync(file, "utf8").matchAll(
    /^(?:import|export)\b[^;]*?from "(\.[^"]+)";|^import "(\.[^"]+)";/gm,
  )) {
    if (next !== "") loadedAtOnce(join(file, "..", next), seen);
  }
  return seen;
}

describe("the built command", () => {
  test("--version is the package's", () => {
    const { version } = JSON.parse(readRepositoryFile("package.json")) as { version: string };
    expect(call("--version")).toEqual({ status: 0, stdout: `${version}\n`, stderr: "" });
  });

  test("--help names every command of the contract", () => {
    const { status, stdout, stderr } = call("--help");
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    for (const name of ["pr-checks", "plan", "list", "explain", "selfproof", "debug", "baseline", "doctor"]) {
      expect(stdout).toMatch(new RegExp(`^  ${name} `, "m"));
    }
  });

  test("asks for nothing that only CommonJS has", () => {
    const files = readdirSync(join(folder, "dist"), { recursive: true, encoding: "utf8" }).filter((f) =>
      f.endsWith(".mjs"),
    );
    const left = files.flatMap((file) => {
      const text = readFileSync(join(folder, "dist", file), "utf8").replace(/\/\*[\s\S]*?\*\//g, "");
      return [...text.matchAll(/^.*\b__(?:file|dir)name\b.*$/gm)].map((m) => m[0]);
    });
    expect(left).toEqual([]);
  });

  test("list --json is JSON and nothing else", () => {
    const { status, stdout, stderr } = call("list", "--json");
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    const ids = (JSON.parse(stdout) as { id: string }[]).map((s) => s.id);
    expect(ids).toContain("lint");
  });

  test("a mistake on the command line ends with 2 on stderr", () => {
    const { status, stdout, stderr } = call("pr-checks", "--nonsense");
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
    expect(stderr).toContain("error USAGE");
  });

  test("a reader that goes away is no error", async () => {
    const child = spawn(process.execPath, [command, "list", "--json"], { cwd: folder });
    child.stdout.destroy();
    let stderr = "";
    child.stderr.on("data", (data: Buffer) => {
      stderr += data.toString("utf8");
    });
    const status = await new Promise((resolve) => child.on("close", resolve));
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  });

  test("loads no library but the argument parser before a command is chosen", () => {
    const texts = [...loadedAtOnce()].map((f) => readFileSync(f, "utf8"));
    const bundled = texts.flatMap((t) =>
      [...t.matchAll(/^\/\/ node_modules\/((?:@[^/]+\/)?[^/]+)\//gm)].map((m) => m[1]),
    );
    expect(new Set(bundled)).toEqual(new Set(["commander"]));
  });

  test("needs no package but Node's own modules and, for containers, Dagger's SDK", () => {
    const chunks = readdirSync(join(folder, "dist/chunks")).map((name) => join(folder, "dist/chunks", name));
    const asked = [command, ...chunks].flatMap((f) =>
      [
        ...readFileSync(f, "utf8").matchAll(/^(?:import|export)\b[^;"]*"([^".][^"]*)";|\bimport\("([^".][^"]*)"\)/gm),
      ].map((m) => m[1] ?? m[2] ?? ""),
    );
    expect(new Set(asked.filter((name) => !isBuiltin(name)))).toEqual(new Set(["@dagger.io/dagger"]));
  });

  test("a second build takes away what the first left and it no longer makes", () => {
    const chunks = join(folder, "dist/chunks");
    const before = readdirSync(chunks).sort();
    expect(before.length).toBeGreaterThan(5);
    writeFileSync(join(chunks, "chunk-OLD.mjs"), "");
    const again = spawnSync(process.execPath, [
      join(REPOSITORY, "scripts/build.mjs"),
      "--outdir",
      join(folder, "dist"),
    ]);
    expect(again.status).toBe(0);
    expect(readdirSync(chunks).sort()).toEqual(before);
  });
});

test("prepare does nothing, quietly, where esbuild is not installed", () => {
  const bare = mkdtempSync(join(tmpdir(), "bare-"));
  try {
    for (const name of ["scripts", "package.json"]) symlinkSync(join(REPOSITORY, name), join(bare, name));
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      ["--preserve-symlinks", "--preserve-symlinks-main", join(bare, "scripts/prepare.mjs")],
      { encoding: "utf8" },
    );
    expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: "", stderr: "" });
    expect(existsSync(join(bare, "dist"))).toBe(false);
  } finally {
    rmSync(bare, { recursive: true });
  }
});
