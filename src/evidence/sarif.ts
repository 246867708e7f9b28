/**
 * `results.sarif`: what the checks found, as SARIF 2.1.0 (https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html). One run per
 * check; what several of its instances found is one result that names them. A check that was not judged has no run, so that
 * nobody takes its old findings for mended. Pure.
 */
import { sha256Hex } from "../digest.ts";
import type { Finding } from "../steps/step.ts";
import { asUri, repositoryPath } from "./places.ts";
import type { RunRecord, StepRecord } from "./run-record.ts";
import { oneLine } from "./text.ts";

/**
 * GitHub refuses a file with more results in one run
 * (https://docs.github.com/en/code-security/code-scanning/integrating-with-code-scanning/sarif-support-for-code-scanning).
 */
const RESULTS = 25_000;

interface Found {
  readonly finding: Finding;
  readonly fingerprint: string;
  readonly instances: string[];
}

/** The whole document, ending in a newline. */
export function renderSarif(record: RunRecord): string {
  const ran = record.steps.filter((s) => s.verdict.outcome === "passed" || s.verdict.outcome === "failed");
  const ids = [...new Set(ran.map((s) => s.verdict.id))];
  const runs = ids.map((id) =>
    runOf(
      record,
      id,
      ran.filter((s) => s.verdict.id === id),
    ),
  );
  return `${JSON.stringify({ version: "2.1.0", runs })}\n`;
}

function runOf({ plan, verdict }: RunRecord, id: string, steps: readonly StepRecord[]): object {
  const found = gather(steps);
  const shown = found.slice(0, RESULTS);
  const rules = [...new Set(shown.map((f) => f.finding.rule))];
  const indices = new Map(rules.map((rule, index) => [rule, index]));
  const title = steps[0]?.title ?? id;
  const notifications = [
    ...steps.flatMap(({ key, judgement, verdict: own }) =>
      judgement === undefined && own.reason !== undefined ? [`${key}: ${own.reason}`] : [],
    ),
    ...(found.length === shown.length ? [] : [`${found.length - shown.length} more findings were left out`]),
  ];
  return {
    // A category of its own for each check: GitHub takes two runs of one category for the same analysis.
    automationDetails: { id: `${plan.pipeline.name}/${verdict.goal}/${id}/` },
    tool: {
      driver: {
        name: id,
        fullName: `${title} (${plan.pipeline.name})`,
        semanticVersion: plan.pipeline.version,
        rules: rules.map((rule) => ({
          id: oneLine(rule),
          shortDescription: { text: `${title}: ${oneLine(rule)}` },
          defaultConfiguration: { level: "error" },
        })),
      },
    },
    columnKind: "unicodeCodePoints",
    invocations: [
      {
        executionSuccessful: steps.every((s) => s.judgement !== undefined),
        ...(notifications.length === 0
          ? {}
          : {
              toolExecutionNotifications: notifications.map((text) => ({
                level: "error",
                message: { text: oneLine(text, 1000) },
              })),
            }),
      },
    ],
    results: shown.map(({ finding, fingerprint, instances }) => ({
      ruleId: oneLine(finding.rule),
      ruleIndex: indices.get(finding.rule) ?? -1,
      level: "error",
      message: { text: oneLine(finding.message, 2000) || "no message" },
      locations: [{ physicalLocation: place(finding, plan.app.root) }],
      partialFingerprints: { "voicekeyPipeline/v1": fingerprint },
      properties: { instances },
    })),
  };
}

/** A finding without a file is about the application as a whole; GitHub takes no result without a location. */
function place(finding: Finding, root: string): object {
  const path = repositoryPath(root, finding.path);
  const app = root === "." ? "./" : `${asUri(root)}/`;
  const artifactLocation = { uri: path === undefined ? app : asUri(path), uriBaseId: "%SRCROOT%" };
  const line = finding.line ?? 0;
  if (path === undefined || line < 1) return { artifactLocation };
  const column = finding.column ?? 0;
  return { artifactLocation, region: { startLine: line, ...(column < 1 ? {} : { startColumn: column }) } };
}

/** Equal findings of several instances once. Those that differ in nothing but their line are told apart by their order. */
function gather(steps: readonly StepRecord[]): Found[] {
  const all = new Map<string, Found>();
  for (const { key, judgement } of steps) {
    const times = new Map<string, number>();
    for (const finding of judgement?.findings ?? []) {
      // Without the line, so that code which only moved keeps its fingerprint.
      const words = JSON.stringify([finding.rule, finding.path ?? "", finding.message]);
      const nth = (times.get(words) ?? 0) + 1;
      times.set(words, nth);
      const same = all.get(`${nth} ${words}`);
      if (same === undefined)
        all.set(`${nth} ${words}`, {
          finding,
          fingerprint: `${sha256Hex(words).slice(0, 32)}:${nth}`,
          instances: [key],
        });
      else same.instances.push(key);
    }
  }
  return [...all.values()];
}
