import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { REPOSITORY } from "../files.ts";

let folder: string | undefined;
afterEach(() => {
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
});

/** Packs what `members` (Python, `add(name, data, **attributes)`) says and unpacks it; the error's text, or an empty one. */
function unpack(members: string): { said: string; into: string } {
  folder = mkdtempSync(join(tmpdir(), "vkp-unpack-"));
  const into = join(folder, "into");
  const code = `
import io, sys, tarfile
sys.path[:0] = [${JSON.stringify(join(REPOSITORY, "src/steps/project"))}, ${JSON.stringify(join(REPOSITORY, "src/steps/common"))}]
sys.dont_write_bytecode = True
import voicekey_archive
with tarfile.open(sys.argv[1] + "/a.tar.gz", "w:gz") as archive:
    def add(name, data=b"", **attributes):
        info = tarfile.TarInfo(name)
        info.size = len(data)
        for key, value in attributes.items():
            setattr(info, key, value)
        archive.addfile(info, io.BytesIO(data))
${members.replaceAll(/^/gm, "    ")}
import os
os.mkdir(sys.argv[1] + "/into")
try:
    voicekey_archive.unpack(sys.argv[1] + "/a.tar.gz", sys.argv[1] + "/into")
except ValueError as problem:
    print(problem)
except FileExistsError:
    print("exists")
`;
  return { said: execFileSync("python3", ["-I", "-c", code, folder], { encoding: "utf8" }).trim(), into };
}

describe("an sdist", () => {
  it("is unpacked with its files, folders, executable bits, times, and links that stay inside", () => {
    const { said, into } = unpack(`
add("p/b/run.sh", b"#!", mode=0o4777, mtime=1000)
add("p/empty", type=tarfile.DIRTYPE)
add("p/b/l", type=tarfile.SYMTYPE, linkname="../b/run.sh")
add("p/hard", type=tarfile.LNKTYPE, linkname="p/b/run.sh")`);
    expect(said).toBe("");
    expect(readdirSync(join(into, "p")).sort()).toEqual(["b", "empty", "hard"]);
    expect(readFileSync(join(into, "p/b/l"), "utf8") + readFileSync(join(into, "p/hard"), "utf8")).toBe("#!#!");
    const { mode, mtimeMs } = statSync(join(into, "p/b/run.sh"));
    expect([mode & 0o7777, mtimeMs]).toEqual([0o755, 1_000_000]);
  });

  it.each([
    ["a path above it", 'add("p/../../evil", b"x")', "leads out of the archive"],
    ["an absolute path", 'add("/evil", b"x")', "leads out of the archive"],
    ["a drive", 'add("C:evil", b"x")', "leads out of the archive"],
    ["a link above it", 'add("p/l", type=tarfile.SYMTYPE, linkname="../../evil")', "leads out of the archive"],
    ["an absolute link", 'add("p/l", type=tarfile.SYMTYPE, linkname="/etc")', "leads out of the archive"],
    ["a file behind a link", 'add("p/l", type=tarfile.SYMTYPE, linkname="q")\nadd("p/l/evil", b"x")', "behind a link"],
    ["a file over a link", 'add("p/l", type=tarfile.SYMTYPE, linkname="q")\nadd("p/l", b"x")', "exists"],
    ["a device", 'add("p/null", type=tarfile.CHRTYPE)', "neither a file, a folder nor a link"],
  ])("with %s is refused", (_, members, told) => {
    const { said } = unpack(members);
    expect(said).toContain(told);
    expect(existsSync(join(folder ?? "", "evil"))).toBe(false);
  });
});
