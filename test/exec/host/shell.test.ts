import { spawnSync } from "node:child_process";
import * as fs from "node:fs/promises";
import * as path from "node:path";
import { expect, it } from "vitest";
import { PACKAGE_ROOT, removeTemporaryFolders, repository, temporary } from "./harness.ts";

removeTemporaryFolders();

it("a shell stands in the action's folder, with its variables, and says what the step would run; its exit status is told", async () => {
  const storeRoot = await temporary();
  const { folder } = await repository();
  const script = path.join(PACKAGE_ROOT, "test/exec/host/shell-session.ts");
  const typed =
    'ls\necho "var $OF_THE_ACTION $FOREIGN_VARIABLE."\npython -c "import sys; print(sys.prefix != sys.base_prefix)"\nexit 7\n';
  const child = spawnSync(process.execPath, ["--import", "tsx", script, storeRoot, folder], {
    cwd: PACKAGE_ROOT,
    input: typed,
    encoding: "utf8",
  });
  expect(child.stderr).toBe("");
  const [where, command, ...shown] = child.stdout.trim().split("\n");
  expect(where).toMatch(/work\/in\/app; the step would run:$/);
  expect(command).toMatch(/^ {2}\S+\/bin\/python -c 'print\('\\''a b'\\''\)'$/);
  expect(shown).toEqual(["a.txt", "var yes .", "True"]);
  expect(child.status).toBe(7);
  expect(await fs.readdir(path.join(storeRoot, "runs"))).toEqual([]);
});
