import { describe, expect, test } from "vitest";
import { type RepositoryFile, repositoryFiles } from "../files.ts";

/** Files that pip or uv read as requirements: by name, or because they hold a hash. */
const files = repositoryFiles(/\.(?:txt|lock)$/).filter(
  (f) =>
    /(?:^|\/)requirements[^/]*$/.test(f.path) ||
    /^(src\/toolchains|test\/repository)\//.test(f.path) ||
    f.text.includes("--hash="),
);

/** Lines that would install something nobody hashed, or from a place nobody chose. */
function unlocked(file: RepositoryFile): string[] {
  return file.text
    .replace(/\\\r?\n/g, " ")
    .split("\n")
    .map((line) => line.replace(/(^|\s)#.*$/, "").trim())
    .filter(
      (line) =>
        line !== "" &&
        !/^[A-Za-z0-9][\w.-]*(?:\[[\w,-]+\])?==[^\s;]+(?:\s*;[^\\]*?)?(?:\s+--hash=sha256:[0-9a-f]{64})+$/.test(line),
    );
}

test("there are requirement files to look at", () => {
  expect(files.map((f) => f.path)).toContain("test/repository/zizmor.txt");
  expect(files.some((f) => f.path.startsWith("src/toolchains/"))).toBe(true);
});

test.each(files)("every requirement of $path is one version with its hashes", (file) => {
  expect(unlocked(file)).toEqual([]);
});

describe("the rule sees", () => {
  const hash = `--hash=sha256:${"0a".repeat(32)}`;
  const lines = (text: string) => unlocked({ path: "x.txt", text });

  test.each([
    "ruff==0.1",
    "ruff",
    `ruff>=0.1 ${hash}`,
    `-r other.txt`,
    "--index-url https://example.invalid",
    `./local ${hash}`,
    `x @ https://example.invalid/x.whl ${hash}`,
    `x==1 --hash=md5:00`,
  ])("%s", (text) => {
    expect(lines(`${text}\n`)).toHaveLength(1);
  });

  test.each([
    `ruff==0.1 ${hash}`,
    `ruff==0.1 \\\n    ${hash} \\\n    ${hash}\n    # via me`,
    `a[b]==1.0 ; python_version < "3.12" ${hash}`,
    "# nothing",
  ])("nothing in %s", (text) => {
    expect(lines(`${text}\n`)).toEqual([]);
  });
});
