import { describe, expect, it } from "vitest";
import { parseJunit } from "../../src/steps/common/pytest/junit.ts";

const suite = (inner: string): string =>
  `<?xml version="1.0"?><testsuites><testsuite tests="1">${inner}</testsuite></testsuites>`;

describe("a JUnit report", () => {
  it("gives names and messages as they were, whatever characters stand in them", () => {
    const xml = suite(
      '<testcase classname="a" name="t[&lt;&amp;amp;&#10;&#x1F399;&quot;]" file="t\\x.py" line="4"><failure message="m&gt;">te&apos;xt</failure></testcase>',
    );
    expect(parseJunit(xml)).toEqual({
      value: [
        {
          classname: "a",
          name: 't[<&amp;\n🎙"]',
          file: "t/x.py",
          line: 5,
          outcome: "failed",
          message: "m>",
          text: "te'xt",
        },
      ],
    });
  });

  it.each([
    ['time="0.25"', { seconds: 0.25 }],
    ['time="0"', { seconds: 0 }],
    ['time="-1"', {}],
    ['time="soon"', {}],
    ['line="1.5"', {}],
  ])("reads %s as %j", (attribute, expected) => {
    expect(parseJunit(suite(`<testcase name="t" ${attribute}/>`))).toEqual({
      value: [{ classname: "", name: "t", outcome: "passed", message: "", text: "", ...expected }],
    });
  });

  it("refuses document types, so that no entity can grow", () => {
    const xml = `<!DOCTYPE a [<!ENTITY b "bb">]>${suite('<testcase name="&b;"/>')}`;
    expect(parseJunit(xml)).toEqual({ problem: "junit.xml declares a document type" });
  });

  it("leaves entities that XML does not know as they stand", () => {
    expect(parseJunit(suite('<testcase name="&b;&#x110000;"/>'))).toMatchObject({ value: [{ name: "&b;&#x110000;" }] });
  });

  it.each([
    ["", "a report"],
    ["<html/>", "XML of another form"],
    ["<testsuites></testsuites>", "suites without a suite"],
  ])("refuses %j instead of %s", (xml) => {
    expect(parseJunit(xml)).toHaveProperty("problem");
  });

  it("reads a suite without tests as no test cases", () => {
    expect(parseJunit(suite(""))).toEqual({ value: [] });
  });
});
