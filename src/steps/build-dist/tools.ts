/**
 * Reads what twine and check-wheel-contents print: every line is understood, or it is a finding. Exit statuses only confirm.
 */
import type { Config } from "../../config/model.ts";
import type { Finding } from "../step.ts";
import type { ArchiveChecks } from "./records.ts";

/** What twine says of these files under `--strict`, which must be a plain PASSED for each. */
export function twineFindings({ twine }: ArchiveChecks, files: readonly string[]): Finding[] {
  const verdicts = new Map<string, { verdict: string; more: string[] }>();
  const stray: string[] = [];
  let current: { verdict: string; more: string[] } | undefined;
  for (const line of twine.said) {
    const [, file, verdict] =
      /^Checking (.+?): (PASSED|FAILED|FAILED due to warnings|PASSED with warnings)$/.exec(line) ?? [];
    if (file !== undefined && verdict !== undefined) {
      current = { verdict, more: [] };
      verdicts.set(file, current);
    } else if (line.trim() !== "") (current?.more ?? stray).push(line.trim());
  }
  const findings = files.flatMap((file): Finding[] => {
    const found = verdicts.get(file);
    if (found === undefined) {
      const said = [...stray, ...(current?.more ?? [])].join(" ") || "nothing";
      return [{ rule: "twine-check", message: `twine gave no verdict on ${file}, and said: ${said}` }];
    }
    if (found.verdict === "PASSED") return [];
    return [{ rule: "twine-check", message: `${file}: ${found.verdict}: ${found.more.join(" ")}` }];
  });
  const others = [...verdicts.keys()].filter((file) => !files.includes(file));
  return [
    ...findings,
    ...others.map((file) => ({
      rule: "report-not-trusted",
      message: `twine speaks of ${file}, which was not asked for`,
    })),
    ...contradiction("twine", twine.exit, findings.length),
  ];
}

/** What check-wheel-contents says of the wheel: its codes are the rules. */
export function contentsFindings({ contents }: ArchiveChecks, wheel: string, config: Config): Finding[] {
  const findings: { rule: string; message: string }[] = [];
  let verdicts = 0;
  for (const line of contents.said) {
    const rest = line.startsWith(`${wheel}: `) ? line.slice(wheel.length + 2) : undefined;
    const [, code, message] = /^(W\d{3}): (.*)$/.exec(rest ?? "") ?? [];
    const last = findings.at(-1);
    if (rest === "OK") verdicts += 1;
    else if (code !== undefined && message !== undefined) {
      verdicts += 1;
      findings.push({ rule: code, message });
    } else if (/^\s/.test(line) && last !== undefined) last.message += ` ${line.trim()}`;
    else if (line.trim() !== "") findings.push({ rule: "check-wheel-contents", message: line.trim() });
  }
  if (verdicts === 0)
    findings.push({ rule: "check-wheel-contents", message: `check-wheel-contents gave no verdict on ${wheel}` });
  const doubts = contradiction("check-wheel-contents", contents.exit, findings.length);
  // An application of several packages has several entries at the top, and says so in its config.
  const several = new Set(config.python.packages.map((name) => name.split(".")[0])).size > 1;
  return [...findings.filter((f) => !(several && f.rule === "W009")), ...doubts];
}

function contradiction(tool: string, exit: number, findings: number): Finding[] {
  if ((exit === 0) === (findings === 0)) return [];
  return [
    { rule: "report-not-trusted", message: `${tool} ended with status ${exit}, which contradicts what it printed` },
  ];
}
