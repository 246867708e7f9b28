/** The checks with their real tools on the bundled application: the control that every proof rests on, and settings that blind a gate. */
import { join } from "node:path";
import { afterEach, describe, expect, inject, it } from "vitest";
import type { Config } from "../../src/config/model.ts";
import type { ProofRecord } from "../../src/evidence/verdict.ts";
import { bundledAppConfig } from "../../src/steps/common/pytest/bundled-app.ts";
import { REPOSITORY } from "../files.ts";
import { filesBelow } from "./recorded.ts";
import type { RanHere } from "./run-here.ts";
import { runHere } from "./run-here.ts";
import type { Files } from "./small-app.ts";
import { readFiles, smallConfig } from "./small-app.ts";

const APP = "src/steps/unit-tests/app";
const open: RanHere[] = [];
afterEach(() => {
  for (const ran of open.splice(0)) ran.remove();
});

function bundledApp(): Files {
  return readFiles(APP, filesBelow(join(REPOSITORY, APP)));
}

/** The settings of the bundled application, with the checks of files on. */
function bundledConfig(): Config {
  const config = bundledAppConfig(smallConfig("3.11"));
  const dependencies = { paths: ["src"], allow: {}, timeoutSeconds: 120 };
  return { ...config, checks: { ...config.checks, "dependencies-declared": dependencies } };
}

async function check(files: Files, only: readonly string[], prove: boolean): Promise<RanHere> {
  const ran = await runHere(files, bundledConfig(), {
    only,
    prove,
    store: inject("scenarioStore"),
  });
  open.push(ran);
  return ran;
}

describe("the checks with their real tools", () => {
  it("pass on the clean bundled application, so that no proof is caught for what lies beneath its poison", async () => {
    const { verdict } = await check(bundledApp(), [], false);
    const ran = verdict.steps.filter((s) => s.outcome !== "skipped");
    expect(ran.map((s) => [s.id, s.outcome, s.reason])).toEqual(
      ["format", "lint", "types", "dependencies-declared", "unit-tests", "integration-smoke"].map((id) => [
        id,
        "passed",
        undefined,
      ]),
    );
  });

  it("miss the poison, and so say that the gate is blind, when the application's settings ignore what was planted", async () => {
    const settings = `${bundledApp()["pyproject.toml"]}
[tool.ruff.lint]
ignore = ["F821"]
[tool.ruff.format]
exclude = ["tests/**"]
[tool.mypy]
ignore_errors = true
[tool.deptry]
ignore = ["DEP003"]
`;
    const blinded = { ...bundledApp(), "pyproject.toml": settings };
    const { verdict } = await check(blinded, ["format", "lint", "types", "dependencies-declared"], true);
    const missed = (id: string): ProofRecord | undefined =>
      verdict.steps.find((s) => s.id === id)?.proofs.find((p) => p.outcome === "missed");
    expect(missed("lint")?.reason).toContain("F821");
    expect(missed("format")?.reason).toContain("tests/voicekey_poison_1");
    expect(missed("dependencies-declared")?.reason).toContain("DEP003");
    expect(missed("types")?.reason).toBe("the gate passed on it");
    expect(verdict.outcome).toBe("failed");
  });
});
