/**
 * Reads pytest's JUnit report as hostile input: bounded by its caller, no document types, no entities but XML's own.
 * It knows the form (xunit1) and nothing about gates.
 */
import { XMLParser, XMLValidator } from "fast-xml-parser";
import * as z from "zod";
import type { TestRecord } from "../../step.ts";
import type { Read } from "../report.ts";

const bodySchema = z.union([
  z.string().transform((text) => ({ message: "", text })),
  z
    .object({ "@message": z.string().default(""), "#text": z.string().default("") })
    .transform((b) => ({ message: b["@message"], text: b["#text"] })),
]);
const caseSchema = z.object({
  "@classname": z.string().default(""),
  "@name": z.string(),
  "@file": z.string().optional(),
  "@line": z.string().optional(),
  "@time": z.string().optional(),
  failure: z.array(bodySchema).optional(),
  error: z.array(bodySchema).optional(),
  skipped: z.array(bodySchema).optional(),
});
const suiteSchema = z.object({ "@tests": z.string(), testcase: z.array(caseSchema).default([]) });
const reportSchema = z.object({ testsuites: z.object({ testsuite: z.array(suiteSchema).min(1) }) });

const LISTS = new Set(["testsuite", "testcase", "failure", "error", "skipped"]);
const NAMED: Readonly<Record<string, string>> = { lt: "<", gt: ">", quot: '"', apos: "'", amp: "&" };

/** Every test case of the report, in its order. Files are as pytest gives them, relative to its root. */
export function parseJunit(xml: string): Read<readonly TestRecord[]> {
  if (/<!(?:DOCTYPE|ENTITY)/i.test(xml)) return { problem: "junit.xml declares a document type" };
  const valid = XMLValidator.validate(xml);
  if (valid !== true) return { problem: `junit.xml is not XML: ${valid.err.msg} (line ${valid.err.line})` };
  const parser = new XMLParser({
    ignoreAttributes: false,
    attributeNamePrefix: "@",
    parseTagValue: false,
    parseAttributeValue: false,
    processEntities: false,
    trimValues: false,
    isArray: (name) => LISTS.has(name),
  });
  const parsed = reportSchema.safeParse(parser.parse(xml));
  if (!parsed.success) return { problem: "junit.xml is not of the form that pytest writes" };
  return { value: parsed.data.testsuites.testsuite.flatMap((suite) => suite.testcase.map(testCase)) };
}

function testCase(item: z.infer<typeof caseSchema>): TestRecord {
  const line = item["@line"] === undefined ? undefined : Number(item["@line"]) + 1;
  const seconds = item["@time"] === undefined ? undefined : Number(item["@time"]);
  const [outcome, body] =
    item.failure?.[0] !== undefined
      ? (["failed", item.failure[0]] as const)
      : item.error?.[0] !== undefined
        ? (["error", item.error[0]] as const)
        : item.skipped?.[0] !== undefined
          ? (["skipped", item.skipped[0]] as const)
          : (["passed", { message: "", text: "" }] as const);
  return {
    classname: decoded(item["@classname"]),
    name: decoded(item["@name"]),
    ...(item["@file"] === undefined ? {} : { file: decoded(item["@file"]).replaceAll("\\", "/") }),
    ...(line === undefined || !Number.isSafeInteger(line) ? {} : { line }),
    outcome,
    message: decoded(body.message),
    text: decoded(body.text),
    ...(seconds === undefined || !Number.isFinite(seconds) || seconds < 0 ? {} : { seconds }),
  };
}

function decoded(text: string): string {
  return text.replace(/&(?:#(\d{1,7})|#x([0-9a-fA-F]{1,6})|(lt|gt|quot|apos|amp));/g, (whole, decimal, hex, name) => {
    if (name !== undefined) return NAMED[name] ?? whole;
    const point = decimal === undefined ? Number.parseInt(hex, 16) : Number(decimal);
    return point <= 0x10ffff ? String.fromCodePoint(point) : whole;
  });
}
