import { describe, expect, it } from "vitest";
import { allowsPython, pythonVersions } from "../../src/config/python-versions.ts";

const classifiers = (...versions: string[]): string[] => versions.map((v) => `Programming Language :: Python :: ${v}`);

describe("the Python versions of a project", () => {
  it.each([
    [undefined, ["3.11", "3.12"]],
    [">=3.8", ["3.11", "3.12"]],
    [">=3.12", ["3.12"]],
    [">=3.13", ["3.13"]],
    [">=3.11,<3.12", ["3.11"]],
    [">=3.11.4, <4", ["3.11", "3.12"]],
    ["!=3.12.*", ["3.11"]],
    ["!=3.12.1", ["3.11", "3.12"]],
    ["==3.12.*", ["3.12"]],
    ["==3.12.4", ["3.12"]],
    ["~=3.12", ["3.12"]],
    ["~=3.11.2", ["3.11"]],
    [">3.11", ["3.11", "3.12"]],
    ["<3.12", ["3.11"]],
    ["<=3.11.9", ["3.11"]],
    ["^3.12", ["3.12"]],
    ["~3.11", ["3.11"]],
    ["*", ["3.11", "3.12"]],
    [">=3.14", []],
    ["<3", []],
    ["^4.0", []],
  ])("follow requires-python %j", (requires, versions) => {
    expect(pythonVersions(requires, [])).toEqual({ versions, understood: true });
  });

  it("follow the classifiers as far as requires-python allows", () => {
    expect(pythonVersions(undefined, classifiers("3", "3.9", "3.13", "3.12")).versions).toEqual(["3.12", "3.13"]);
    expect(pythonVersions(">=3.13", classifiers("3.12", "3.13")).versions).toEqual(["3.13"]);
    expect(pythonVersions(">=3.13", classifiers("3.12")).versions).toEqual(["3.13"]);
    expect(pythonVersions(undefined, classifiers("3.9")).versions).toEqual(["3.11", "3.12"]);
  });

  it("are not limited by a specifier that cannot be understood, which is said", () => {
    expect(pythonVersions(">=3.12 || <2", [])).toEqual({ versions: ["3.11", "3.12"], understood: false });
    expect(allowsPython("what?", "3.11")).toBe(true);
    expect(allowsPython(">=3.12", "3.11")).toBe(false);
  });
});
