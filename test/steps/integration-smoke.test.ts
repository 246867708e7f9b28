import { describe, expect, it } from "vitest";
import { testSettings } from "../config/other-checks.ts";
import { judge } from "./recorded.ts";
import { planFor, smallApp, smallConfig } from "./small-app.ts";

const GREEN = "integration-smoke/green";

describe("integration-smoke", () => {
  it("passes on a green selection with a record of each test and of the network that it had", async () => {
    const judgement = await judge(GREEN);
    expect(judgement).toMatchObject({
      outcome: "passed",
      findings: [],
      facts: { tests: 2, failed: 0, imports: "installed", network: "no way out, loopback" },
    });
    expect(judgement.tests?.map((t) => [t.file, t.outcome, typeof t.seconds])).toEqual([
      ["tests/test_key.py", "passed", "number"],
      ["tests/test_server.py", "passed", "number"],
    ]);
  });

  it("measures no coverage, nor asks for any", async () => {
    const judgement = await judge(GREEN);
    expect(judgement.facts).not.toHaveProperty("coverage");
    expect(judgement.measures).toEqual([]);
    const config = smallConfig("3.11");
    const checks = { ...config.checks, "integration-smoke": { ...testSettings, paths: ["tests"], timeoutSeconds: 9 } };
    const { plan } = await planFor(smallApp, { ...config, checks }, { only: ["unit-tests", "integration-smoke"] });
    const asks = plan.actions.filter((a) => a.argv.includes("--coverage")).map((a) => a.id);
    expect(asks).toEqual(["unit-tests@3.11/run"]);
  });

  it("fails where a test needs another machine, with the words of the system", async () => {
    const judgement = await judge("integration-smoke/needs-internet");
    expect(judgement.findings).toMatchObject([{ rule: "test-failed", path: "tests/test_far.py", line: 7 }]);
    expect(judgement.findings[0]?.message).toContain("Network is unreachable");
  });

  it("says where there was a way out, or no loopback", async () => {
    const environment = (text: string): Promise<string> =>
      judge(GREEN, { report: { "environment.json": text } }).then((j) => String(j.facts["network"]));
    const network = (loopback: boolean, outside: boolean): string =>
      JSON.stringify({
        schema: 1,
        python: "3.11.7",
        distributions: [{ name: "whisper-key", version: "0.1" }],
        wheels: ["whisper_key-0.1-py3-none-any.whl"],
        network: { loopback, outside },
      });
    expect(await environment(network(true, true))).toBe("a way out, loopback");
    expect(await environment(network(false, false))).toBe("no way out, no loopback");
  });

  it("fails when the harness does not say what network there was", async () => {
    const judgement = await judge(GREEN, { report: { "environment.json": '{"schema": 1}' } });
    expect(judgement).toMatchObject({ outcome: "failed", findings: [{ rule: "no-report" }] });
  });
});
