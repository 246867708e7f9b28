import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { importsOf, target } from "../architecture/syntax.ts";
import { repositoryFiles } from "../files.ts";
import { smallApp } from "./command.ts";

const folder = mkdtempSync(join(tmpdir(), "voicekey-traps-"));
const app = smallApp({ "pipeline.yaml": "schema: 1\nsystem-packages: [no-such-package-of-anybody]\n" });
afterAll(() => {
  app.dispose();
  rmSync(folder, { recursive: true });
});

/** Everything that could install something on the machine, each noting that it was called. */
const calls = join(folder, "calls");
mkdirSync(join(folder, "bin"));
for (const name of ["apt-get", "apt", "dpkg", "sudo", "su", "brew", "dnf", "yum", "apk", "pacman", "snap", "winget"]) {
  const file = join(folder, "bin", name);
  writeFileSync(file, `#!/bin/sh\necho "${name} $*" >> '${calls}'\nexit 1\n`);
  chmodSync(file, 0o755);
}
const env = { PATH: `${join(folder, "bin")}${delimiter}${process.env["PATH"]}` };
const called = () => (existsSync(calls) ? readFileSync(calls, "utf8").trim().split("\n") : []);

test.skipIf(process.platform === "win32")(
  "neither pr-checks nor doctor installs anything on the machine; doctor --install does, as root alone",
  async () => {
    const { verdict } = await app.check(["--only", "format"], { env });
    expect(verdict.steps.map((s) => s.outcome)).toEqual(["passed"]);
    const told = await app.run(["doctor"], { env });
    expect(told.stdout).toContain(
      "apt-get install -y --no-install-recommends --no-remove -o APT::Cmd::Pattern-Only=true no-such-package-of-anybody",
    );
    expect(called()).toEqual([]);

    const { stderr } = await app.run(["doctor", "--install"], { env: { ...env, UV_OFFLINE: "1" } });
    if (process.getuid?.() === 0) {
      // Where bubblewrap is not there it is wanted too, in a call of its own.
      expect(called().filter((call) => !call.endsWith(" bubblewrap"))).toEqual([
        "apt-get update",
        "apt-get install -y --no-install-recommends --no-remove -o APT::Cmd::Pattern-Only=true no-such-package-of-anybody",
      ]);
    } else {
      expect(stderr).toContain("not run, since this is not root: sudo apt-get install");
      expect(called()).toEqual([]);
    }
  },
);

test("only the doctor command can reach what installs", () => {
  const importers = repositoryFiles(/^(src|dagger)\/.+\.ts$/).filter((file) =>
    importsOf(file).some((i) => i.how !== "type" && target(file, i.specifier) === "src/exec/host/needs-install.ts"),
  );
  expect(importers.map((f) => f.path)).toEqual(["dagger/cli/commands/doctor.ts"]);
});
