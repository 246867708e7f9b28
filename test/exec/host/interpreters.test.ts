import { execFileSync } from "node:child_process";
import * as fs from "node:fs/promises";
import * as path from "node:path";
import { describe, expect, it } from "vitest";
import { Interpreters } from "../../../src/exec/host/interpreters.ts";
import { PACKAGE_ROOT, removeTemporaryFolders, someGuard, temporary } from "./harness.ts";

removeTemporaryFolders();
const real = (await someGuard()).guard.python;
const probe = path.join(PACKAGE_ROOT, "src/exec/host/probe.py");

async function search(files: Readonly<Record<string, string>>) {
  const home = await temporary();
  for (const [name, text] of Object.entries(files)) {
    await fs.mkdir(path.dirname(path.join(home, name)), { recursive: true });
    await fs.writeFile(path.join(home, name), text, { mode: 0o755 });
  }
  return {
    home,
    find: (wanted: string, folder = "bin") =>
      new Interpreters({
        windows: false,
        env: { HOME: home, PATH: path.join(home, folder) },
        probe,
        managed: path.join(home, "managed"),
      }).find(wanted),
  };
}

/** An executable that answers the probe like an interpreter of this version. */
const answering = (version: string, more: object = {}) => {
  const said = {
    executable: `/opt/${version}/python`,
    prefix: "/opt",
    version,
    implementation: "CPython",
    final: true,
    plain: true,
  };
  return `#!/bin/sh\necho '${JSON.stringify({ ...said, ...more })}'\n`;
};

/** A zombie that nobody has waited for yet has ended. */
async function isRunning(pid: number): Promise<boolean> {
  const stat = await fs.readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
  return stat !== "" && !/\) Z /.test(stat);
}

describe("interpreters", () => {
  it("are found under every name, and only by what they say when run", async () => {
    const { find } = await search({
      "bin/python3.11": "#!/bin/sh\necho 'pyenv: python3.11: command not found' >&2; exit 127\n",
      "bin/python3.12": answering("3.13.1"),
      "bin/python3": answering("3.12.4"),
    });
    expect(await find("3.11")).toBeUndefined();
    expect((await find("3.12"))?.version).toBe("3.12.4");
  });

  it("are found below pyenv and among those that uv installed", async () => {
    const { find } = await search({
      ".pyenv/versions/3.11.7/bin/python": answering("3.11.7"),
      ".pyenv/versions/3.11.10/bin/python": answering("3.11.10"),
      "managed/cpython-3.14.0-linux-x86_64-gnu/bin/python": answering("3.14.0"),
    });
    expect((await find("3.11"))?.version).toBe("3.11.10");
    expect((await find("3.14"))?.version).toBe("3.14.0");
    expect((await find("any"))?.version).toBe("3.14.0");
  });

  it("that are pre-releases, other implementations or odd builds are passed over", async () => {
    const { find } = await search({
      "bin/python3.14": answering("3.14.0", { final: false }),
      "bin/python3.13": answering("3.13.0", { plain: false }),
      "bin/python3.12": answering("3.12.0", { implementation: "PyPy" }),
      "bin/python3.10": answering("3.10.2"),
    });
    expect((await find("any"))?.version).toBe("3.10.2");
    expect(await find("3.14")).toBeUndefined();
  });

  it("older than 3.10 do not count as any", async () => {
    const { find } = await search({ "bin/python3": answering("3.9.9"), "bin/python3.9": answering("3.9.9") });
    expect(await find("any")).toBeUndefined();
    expect((await find("3.9"))?.version).toBe("3.9.9");
  });

  it("that hang are given up with everything that they started, and floods of words are cut", async () => {
    const { home } = await search({
      "bin/python3.13": '#!/bin/sh\nsleep 4711.5 & echo $! > "$HOME/pid"; wait\n',
      "bin/python3.12": "#!/bin/sh\nexec yes\n",
      "bin/python3.11": answering("3.11.2"),
    });
    const env = { HOME: home, PATH: `${path.join(home, "bin")}:/usr/bin:/bin` };
    const found = new Interpreters({ windows: false, env, probe, managed: home, probeMs: 1000 });
    expect(await found.find("3.13")).toBeUndefined();
    expect((await found.find("3.12"))?.executable.startsWith(home)).not.toBe(true);
    expect((await found.find("3.11"))?.version).toBe("3.11.2");
    const pid = Number(await fs.readFile(path.join(home, "pid"), "utf8"));
    await expect.poll(() => isRunning(pid)).toBe(false);
  });

  it("of a virtual environment are replaced by the one beneath it", async () => {
    const { find, home } = await search({});
    execFileSync(real, ["-m", "venv", "--without-pip", path.join(home, "venv")]);
    const found = await find("any", "venv/bin");
    expect(found).toBeDefined();
    expect(found?.executable.startsWith(home)).toBe(false);
    expect(await fs.realpath(found?.executable ?? "")).toBe(await fs.realpath(real));
  });
});
