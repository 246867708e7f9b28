/** The rights of the files that a project is built from, by the real harnesses and a backend that packs them as they are. */
import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { REPOSITORY } from "../files.ts";

const BACKEND = `
import os, zipfile
def build_wheel(folder, *_):
    with zipfile.ZipFile(os.path.join(folder, "x-1-py3-none-any.whl"), "w") as archive:
        for path in ("data", "tool"):
            archive.write(path)
        archive.writestr("x-1.dist-info/METADATA", "Metadata-Version: 2.1\\nName: x\\nVersion: 1\\n")
    return "x-1-py3-none-any.whl"
`;
const READ = `
import sys, zipfile
for info in zipfile.ZipFile(sys.argv[1]).infolist()[:2]:
    print(info.filename, oct(info.external_attr >> 16 & 0o777))
`;

function python(args: readonly string[], cwd: string): string {
  const done = spawnSync("python3", args, { cwd, encoding: "utf8" });
  expect(done.stderr).toBe("");
  return done.stdout;
}

test.each([
  ["nobody else may read", 0o600, 0o700],
  ["the group may write", 0o664, 0o775],
])("a checkout that %s makes the same wheel as any other", (_, plain, program) => {
  const folder = mkdtempSync(join(tmpdir(), "modes-"));
  try {
    const app = join(folder, "app");
    for (const name of ["app", "wheel", "requirements"]) mkdirSync(join(folder, name));
    writeFileSync(join(app, "backend.py"), BACKEND);
    writeFileSync(join(app, "pyproject.toml"), '[build-system]\nbuild-backend = "backend"\nbackend-path = ["."]\n');
    for (const [name, mode] of [
      ["data", plain],
      ["tool", program],
    ] as const) {
      writeFileSync(join(app, name), name);
      chmodSync(join(app, name), mode);
    }
    python(["-I", "-B", join(REPOSITORY, "src/steps/project/build.py"), "../wheel", "../requirements"], app);
    expect(python(["-c", READ, join(folder, "wheel/x-1-py3-none-any.whl")], folder)).toBe("data 0o644\ntool 0o755\n");
    expect(readFileSync(join(folder, "requirements/pyproject.toml"), "utf8")).toContain('name = "x"');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
