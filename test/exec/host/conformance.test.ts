import { describe, expect, it } from "vitest";
import { python } from "../../../src/exec/conformance/case.ts";
import { conformanceCases } from "../../../src/exec/conformance.ts";
import { ISOLATION_LEVELS } from "../../../src/exec/host/isolation.ts";
import { harnessFor, removeTemporaryFolders, temporary } from "./harness.ts";

removeTemporaryFolders();
const storeRoot = await temporary();

/** What this machine has, found before the tests are listed so that a level that it lacks is not listed as passed. */
const tried = await Promise.all(
  ISOLATION_LEVELS.map(async (level) => {
    const harness = await harnessFor(storeRoot, { isolation: [level, "none"] });
    const { toolchain } = await python(harness, { code: "pass" });
    return { level, harness, offered: toolchain["isolation"] === level };
  }),
);
const offered = tried.filter((t) => t.offered);

for (const { level, harness } of offered) {
  describe(`the host executor with isolation ${level}`, () => {
    for (const { title, run } of conformanceCases) it.concurrent(title, () => run(harness), 120_000);
  });
}

describe("the levels of isolation", () => {
  it("always include the one that needs nothing of the machine", () => {
    expect(offered.map((o) => o.level)).toContain("none");
  });
});
