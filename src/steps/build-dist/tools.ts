/**
 * Reads what twine and check-wheel-contents print: every line is understood, or it is a finding. Exit statuses only confirm.
 */
import type { Config } from "../../config/model.ts";
import type { Finding } from "../step.ts";
import type { ArchiveChecks } from "./records.ts";

interface TwineVerdict {
  readonly verdict: string;
  readonly more: string[];
}

/**
 * What twine says of these files under `--strict`, which must be a plain PASSED for each. One warning is none of ours: that there is no description
 * at all. Nothing is wrong with such a wheel, no index refuses it, and an application need not be meant for one; the facts say it.
 */
export function twineFindings(checks: ArchiveChecks, files: readonly string[]): Finding[] {
  const { twine } = checks;
  const { verdicts, stray } = twineVerdicts(checks);
  const last = [...verdicts.values()].at(-1);
  const findings = files.flatMap((file): Finding[] => {
    const found = verdicts.get(file);
    if (found === undefined) {
      const said = [...stray, ...(last?.more ?? [])].join(" ") || "nothing";
      return [{ rule: "twine-check", message: `twine gave no verdict on ${file}, and said: ${said}` }];
    }
    if (found.verdict === "PASSED" || onlyUndescribed(found)) return [];
    const words = found.more.map((line) => line.replace(/\s+/g, " ")).join(" ");
    return [{ rule: "twine-check", message: `twine check: ${file} ${found.verdict}: ${words}` }];
  });
  const others = [...verdicts.keys()].filter((file) => !files.includes(file));
  return [
    ...findings,
    ...others.map((file) => ({
      rule: "report-not-trusted",
      message: `twine speaks of ${file}, which was not asked for`,
    })),
    ...contradiction("twine", twine.exit, findings.length + [...verdicts.values()].filter(onlyUndescribed).length),
  ];
}

/** Whether twine missed a description, which the project's `readme` would be. */
export function isUndescribed(checks: ArchiveChecks): boolean {
  return [...twineVerdicts(checks).verdicts.values()].some(onlyUndescribed);
}

function twineVerdicts({ twine }: ArchiveChecks) {
  const verdicts = new Map<string, TwineVerdict>();
  const stray: string[] = [];
  let current: TwineVerdict | undefined;
  for (const line of twine.said) {
    const [, file, verdict] =
      /^Checking (.+?): (PASSED|FAILED|FAILED due to warnings|PASSED with warnings)$/.exec(line) ?? [];
    if (file !== undefined && verdict !== undefined) {
      current = { verdict, more: [] };
      verdicts.set(file, current);
    } else if (line.trim() !== "") (current?.more ?? stray).push(line.trim());
  }
  return { verdicts, stray };
}

/** Both lines at once, and nothing else: a description of no type is read as another markup, which is worth a warning. */
function onlyUndescribed({ verdict, more }: TwineVerdict): boolean {
  const known = [
    /^WARNING\s+`long_description_content_type` missing\.\s+defaulting to `text\/x-rst`\.$/,
    /^WARNING\s+`long_description` missing\.$/,
  ];
  return (
    verdict === "FAILED due to warnings" &&
    more.some((line) => known[1]?.test(line)) &&
    more.every((line) => known.some((one) => one.test(line)))
  );
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
