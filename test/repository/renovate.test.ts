import { describe, expect, test } from "vitest";
import * as z from "zod";
import { readRepositoryFile, repositoryFiles, repositoryPaths } from "../files.ts";

/** Renovate's own form of a pattern: a regular expression between slashes. */
const Pattern = z
  .string()
  .regex(/^\/.+\/$/)
  .transform((text) => new RegExp(text.slice(1, -1)));

const Renovate = z.object({
  pip_requirements: z.object({ managerFilePatterns: z.array(Pattern) }),
  customManagers: z.array(
    z.object({
      description: z.string(),
      managerFilePatterns: z.array(Pattern),
      matchStrings: z.array(z.string().transform((text) => new RegExp(text, "g"))),
    }),
  ),
});

const config = Renovate.parse(JSON.parse(readRepositoryFile("renovate.json")));

/** What the update bot would find in a file: the captured digest, or the version where there is none. */
function found(path: string): string[] {
  const text = readRepositoryFile(path);
  return config.customManagers
    .filter((m) => m.managerFilePatterns.some((p) => p.test(path)))
    .flatMap((m) => m.matchStrings.flatMap((regex) => [...text.matchAll(regex)]))
    .flatMap((match) => match.groups?.["currentDigest"] ?? match.groups?.["currentValue"] ?? []);
}

describe.each(config.customManagers)("the update bot's manager “$description”", (manager) => {
  test("finds something in the repository", () => {
    const files = repositoryPaths().filter((p) => manager.managerFilePatterns.some((pattern) => pattern.test(p)));
    expect(files).not.toEqual([]);
    for (const file of files) expect(found(file), file).not.toEqual([]);
  });
});

test("the update bot sees every image digest of the catalogue", () => {
  const catalogue = "src/toolchains/images.ts";
  const digests = readRepositoryFile(catalogue).match(/sha256:[0-9a-f]{64}/g) ?? [];
  expect(digests.length).toBeGreaterThan(0);
  expect(found(catalogue)).toEqual(digests);
});

test("the update bot sees every reviewed action", () => {
  const list = ".github/pinned-actions.txt";
  expect(found(list)).toEqual(readRepositoryFile(list).match(/(?<=@)[0-9a-f]{40}/g));
});

test("the update bot sees every hash-locked requirement file", () => {
  const locks = repositoryFiles(/\.(?:txt|lock)$/).filter(
    (f) => /--hash=sha256:/.test(f.text) && !f.path.includes("/poison/"),
  );
  const seen = (path: string) => config.pip_requirements.managerFilePatterns.some((p) => p.test(path));
  expect(locks.filter((f) => !seen(f.path)).map((f) => f.path)).toEqual([]);
});
