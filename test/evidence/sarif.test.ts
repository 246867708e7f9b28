import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import Ajv from "ajv";
import { describe, expect, test } from "vitest";
import type { RunRecord } from "../../src/evidence/run-record.ts";
import { renderSarif } from "../../src/evidence/sarif.ts";
import { endlessRecord, hostileRecord } from "./hostile-records.ts";
import { judged, recordOf, redRecord } from "./records.ts";
import { step } from "./verdicts.ts";

interface Result {
  readonly ruleId: string;
  readonly ruleIndex: number;
  readonly message: { readonly text: string };
  readonly locations: readonly [
    { readonly physicalLocation: { readonly artifactLocation: { readonly uri: string }; readonly region?: object } },
  ];
  readonly partialFingerprints: Record<string, string>;
  readonly properties: { readonly instances: readonly string[] };
}
interface Run {
  readonly automationDetails: { readonly id: string };
  readonly tool: { readonly driver: { readonly name: string; readonly rules: readonly { readonly id: string }[] } };
  readonly invocations: readonly [
    { readonly executionSuccessful: boolean; readonly toolExecutionNotifications?: readonly object[] },
  ];
  readonly results: readonly Result[];
}

const load = createRequire(import.meta.url);
const json = (name: string): object => JSON.parse(readFileSync(load.resolve(name), "utf8")) as object;
/** The published schema is of draft 4, which names itself by `id`. */
const ajv = new Ajv({ schemaId: "auto", validateSchema: false });
ajv.addMetaSchema(json("ajv/lib/refs/json-schema-draft-04.json"));
const valid = ajv.compile(json("@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json"));

function runs(record: RunRecord): readonly Run[] {
  const log = JSON.parse(renderSarif(record)) as { runs: readonly Run[] };
  expect(valid(log), JSON.stringify(valid.errors?.slice(0, 3))).toBe(true);
  return log.runs;
}

const found = (line: number, more = {}) => ({ rule: "E1", message: "too long", path: "src/a.py", line, ...more });
const lint = (key: string, findings: readonly ReturnType<typeof found>[]) => ({
  key,
  verdict: step("lint", { outcome: "failed", ...(key.includes("@") ? { python: key.slice(5) } : {}) }),
  judgement: judged({ outcome: "failed", findings }),
});
const prints = (record: RunRecord) =>
  runs(record).flatMap((r) => r.results.map((x) => x.partialFingerprints["voicekeyPipeline/v1"]));

describe("the SARIF of a run", () => {
  test("is refused by the published schema when it is not SARIF, so the other tests mean something", () => {
    expect(valid({ version: "2.1.0", runs: [{ tool: { driver: { nme: "x" } } }] })).toBe(false);
  });

  test("has a run for each check that was judged, and none for one that was not", () => {
    expect(runs(redRecord).map((r) => r.tool.driver.name)).toEqual(["format", "lint", "unit-tests", "asr-smoke"]);
    expect(runs(redRecord)[0]?.results).toEqual([]);
  });

  test("names a place relative to the repository's root", () => {
    expect(runs(redRecord)[1]?.results[0]).toMatchObject({
      ruleId: "F821",
      message: { text: "undefined name `x`" },
      locations: [
        {
          physicalLocation: {
            artifactLocation: { uri: "fixtures/voice-app/src/app/cli.py", uriBaseId: "%SRCROOT%" },
            region: { startLine: 3, startColumn: 7 },
          },
        },
      ],
    });
  });

  test("puts a finding without a file at the application's root", () => {
    const places = runs(redRecord)[2]?.results.map((r) => r.locations[0].physicalLocation);
    expect(places?.[1]).toEqual({ artifactLocation: { uri: "fixtures/voice-app/", uriBaseId: "%SRCROOT%" } });
  });

  test("gives each result the index of its rule", () => {
    for (const run of runs(redRecord))
      for (const r of run.results) expect(run.tool.driver.rules[r.ruleIndex]?.id).toBe(r.ruleId);
  });

  test("says once what two instances found, and who they are", () => {
    const both = recordOf([lint("lint@3.11", [found(1)]), lint("lint@3.12", [found(1), found(9)])]);
    expect(runs(both)).toHaveLength(1);
    expect(runs(both)[0]?.results.map((r) => r.properties.instances)).toEqual([
      ["lint@3.11", "lint@3.12"],
      ["lint@3.12"],
    ]);
  });

  test("keeps the fingerprint of code that moved, and tells equal findings apart", () => {
    const [first, second] = prints(recordOf([lint("lint", [found(1), found(5)])]));
    expect(prints(recordOf([lint("lint", [found(11), found(15)])]))).toEqual([first, second]);
    expect(first).not.toBe(second);
    expect(prints(recordOf([lint("lint", [found(1, { path: "src/b.py" })])]))).not.toContain(first);
  });

  test("has a category of its own for each check", () => {
    const ids = runs(redRecord).map((r) => r.automationDetails.id);
    expect(new Set(ids).size).toBe(ids.length);
  });

  test("says that a check broke before it could be judged", () => {
    const broken = recordOf([
      { key: "types", verdict: step("types", { outcome: "failed", reason: "the environment could not be built" }) },
    ]);
    expect(runs(broken)[0]?.invocations[0]).toMatchObject({
      executionSuccessful: false,
      toolExecutionNotifications: [{ message: { text: "types: the environment could not be built" } }],
    });
  });

  test("is valid whatever the application says, and names no place outside the repository", () => {
    const [run] = runs(hostileRecord);
    const uris = run?.results.map((r) => r.locations[0].physicalLocation.artifactLocation.uri);
    expect(uris).toEqual(["fixtures/voice-app/", "outside.py", "fixtures/voice-app/src/%252e%2C%3Ax.py"]);
    expect(run?.results[2]?.locations[0].physicalLocation).not.toHaveProperty("region");
    const above = recordOf([
      lint("lint", [found(1, { path: "../../../../etc/passwd" }), found(1, { path: "/etc/passwd" })]),
    ]);
    expect(JSON.stringify(runs(above))).not.toContain("passwd");
  });

  test("holds as many results as GitHub takes, and says how many were left out", () => {
    const [run] = JSON.parse(renderSarif(endlessRecord())).runs as Run[];
    expect(run?.results).toHaveLength(25_000);
    expect(JSON.stringify(run?.invocations)).toContain("25000 more findings were left out");
  });
});
