/** The script that builds an environment, run for real with a stand-in for uv that writes down how it was called. */
import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { BUILD_SCRIPT } from "../../dagger/environment.ts";

function build(files: Readonly<Record<string, string>>) {
  const folder = mkdtempSync(join(tmpdir(), "environment-"));
  try {
    for (const [path, text] of Object.entries({
      ...files,
      calls: "",
      uv: `#!/bin/sh\necho "$@" >> "${folder}/calls"\n`,
    })) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), text);
    }
    chmodSync(join(folder, "uv"), 0o755);
    const script = BUILD_SCRIPT.replaceAll("/opt/uv/bin/uv", join(folder, "uv")).replaceAll("/build/", `${folder}/`);
    const { status, stderr } = spawnSync("sh", ["-c", script, "environment", "ENV", ""], { encoding: "utf8" });
    const calls = readFileSync(join(folder, "calls"), "utf8").replaceAll(folder, "");
    return { status, stderr, calls: calls.trim().split("\n") };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test("the lock is installed by its hashes, then the project without its dependencies, and past the cache that knows wheels by path alone", () => {
  const { status, calls } = build({ "lock/requirements.LOCK": "# a\nidna==3\n", "project/a.whl": "" });
  expect(status).toBe(0);
  expect(calls.slice(1)).toEqual([
    "pip install --quiet --python ENV --require-hashes -r /lock/requirements.LOCK",
    "pip install --quiet --python ENV --no-deps --no-index --offline --no-cache /project/a.whl",
  ]);
});

test("a lock that names nothing makes an empty environment, and no installer is asked", () => {
  const { status, calls } = build({ "lock/plain.txt": "# nothing\n\n  # at all\n" });
  expect(status).toBe(0);
  expect(calls).toEqual([expect.stringMatching(/^venv /)]);
});

test.each([
  [
    "two locks",
    { "lock/a.txt": "a", "lock/b.lock": "b" },
    /^the lock must hold exactly one requirement file, found [\s\S]*b\.lock/,
  ],
  ["no lock", { "lock/a.md": "a" }, /^the lock must hold exactly one requirement file, found none/],
  ["no wheel", { "lock/a.txt": "a", "project/a.zip": "" }, /^the project must hold exactly one wheel, found none/],
])("%s are no environment, and the reason is said", (_, files, reason) => {
  const { status, stderr } = build(files);
  expect(status).toBe(1);
  expect(stderr).toMatch(reason);
});
