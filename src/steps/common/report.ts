/**
 * Reads what harnesses leave, as data that may be missing, broken or hostile. It decides nothing about the application.
 */
import type { z } from "zod";
import type { Finding, JudgedAction, Judgement } from "../step.ts";

/** The output folder that every harness writes. */
export const REPORT = "report";

/** Lines of a tool's own words that go into a detail. */
const TAIL = 20;

export type Read<T> = { readonly value: T } | { readonly problem: string };

export function readText(action: JudgedAction, name: string): Read<string> {
  const text = action.read(REPORT, name);
  if (text === undefined) return { problem: `${name} is missing` };
  if (text.trim() === "") return { problem: `${name} is empty` };
  return { value: text };
}

export function readJson<T>(action: JudgedAction, name: string, schema: z.ZodType<T>): Read<T> {
  const text = readText(action, name);
  return "problem" in text ? text : parseJson(text.value, name, schema);
}

export function parseJson<T>(text: string, name: string, schema: z.ZodType<T>): Read<T> {
  let data: unknown;
  try {
    data = JSON.parse(text);
  } catch {
    return { problem: `${name} is not JSON` };
  }
  const parsed = schema.safeParse(data);
  if (parsed.success) return { value: parsed.data };
  const issue = parsed.error.issues[0];
  return { problem: `${name} is not of the expected form: ${issue?.path.join(".") ?? ""} ${issue?.message ?? ""}` };
}

/** The last lines of what the command said. */
function lastWords(action: JudgedAction): string {
  const said = action.stderr.trim() === "" ? action.stdout : action.stderr;
  return said.trimEnd().split("\n").slice(-TAIL).join("\n");
}

/** A gate that has nothing to go by: red, with the reason as a finding too, so that reports in finding form show it. */
export function unusable(action: JudgedAction, rule: string, reason: string): Judgement {
  const detail = lastWords(action);
  return {
    outcome: "failed",
    reason,
    ...(detail === "" ? {} : { detail }),
    findings: [{ rule, message: reason }],
    facts: {},
  };
}

/** `path:line:column rule message`, one line each; more than `most` are only counted. */
export function renderFindings(findings: readonly Finding[], most = 25): string {
  const lines = findings.slice(0, most).map((f) => {
    const place = [f.path, f.line, f.column].filter((x) => x !== undefined).join(":");
    return `${place === "" ? "" : `${place} `}${f.rule} ${f.message}`;
  });
  if (findings.length > most) lines.push(`… and ${findings.length - most} more`);
  return lines.join("\n");
}

export function count(n: number, noun: string): string {
  return `${n} ${noun}${n === 1 ? "" : "s"}`;
}
