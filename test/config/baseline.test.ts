import { describe, expect, it } from "vitest";
import { hostWords } from "../../src/command-words.ts";
import { baselineOf, excuse, growth, minimum, parseBaseline, renderBaseline } from "../../src/config/baseline.ts";
import type { Baseline } from "../../src/config/model.ts";
import { PipelineError, renderError } from "../../src/errors.ts";
import type { Finding } from "../../src/steps/step.ts";

const finding = (path: string | undefined, rule: string, line = 1): Finding => ({
  rule,
  message: `${rule} here`,
  line,
  ...(path === undefined ? {} : { path }),
});

const known: Baseline = { lint: { "src/a.py": { E501: 2, F401: 1 }, "src/b.py": { E501: 3 } } };

function refusal(text: string): string {
  try {
    parseBaseline(text, "pipeline-baseline.json");
  } catch (error) {
    if (error instanceof PipelineError) return renderError(error, hostWords());
    throw error;
  }
  return "no error";
}

describe("known findings", () => {
  it("are excused while there are no more of them than the baseline allows", () => {
    const found = [finding("src/a.py", "E501", 1), finding("src/a.py", "E501", 9), finding("src/a.py", "F401")];
    expect(excuse("lint", found, known)).toEqual({
      left: [],
      excused: 3,
      shrunk: [{ path: "src/b.py", rule: "E501", allowed: 3, found: 0 }],
      exceeded: [],
    });
  });

  it("are all left when there is one more, because nobody knows which is new", () => {
    const found = [1, 2, 3].map((line) => finding("src/a.py", "E501", line));
    const other = finding("src/b.py", "E501");
    expect(excuse("lint", [...found, other], known)).toEqual({
      left: found,
      excused: 1,
      shrunk: [
        { path: "src/a.py", rule: "F401", allowed: 1, found: 0 },
        { path: "src/b.py", rule: "E501", allowed: 3, found: 1 },
      ],
      exceeded: [{ path: "src/a.py", rule: "E501", allowed: 2, found: 3 }],
    });
  });

  it("are left in another path, rule or step, and without a path", () => {
    const strangers = [finding("src/c.py", "E501"), finding("src/b.py", "F401"), finding(undefined, "E501")];
    expect(excuse("lint", strangers, known).left).toEqual(strangers);
    expect(excuse("types", [finding("src/a.py", "F401")], known)).toMatchObject({ excused: 0, shrunk: [] });
  });

  it("are not excused by names that every object has", () => {
    const names = ["__proto__", "constructor", "toString", "hasOwnProperty"];
    const found = names.flatMap((path) => names.map((rule) => finding(path, rule)));
    for (const step of names) expect(excuse(step, found, known).left).toEqual(found);
    const own = baselineOf({ lint: found });
    expect(excuse("lint", found, own)).toEqual({ left: [], excused: found.length, shrunk: [], exceeded: [] });
    expect(parseBaseline(renderBaseline(baselineOf({ lint: [finding("constructor", "toString")] })), "b")).toEqual({
      lint: { constructor: { toString: 1 } },
    });
  });
});

describe("a baseline against that of the merge base", () => {
  it("may shrink and stay", () => {
    expect(growth(known, known)).toEqual([]);
    expect(growth({ lint: { "src/a.py": { E501: 1 } } }, known)).toEqual([]);
    expect(growth({}, known)).toEqual([]);
  });

  it("must not have a higher count, a new rule, a new path or a new step", () => {
    const head = {
      lint: { "src/a.py": { E501: 3, F401: 1, W1: 1 }, "src/b.py": { E501: 3 }, "src/n.py": { E1: 1 } },
      types: { "src/a.py": { "arg-type": 1 } },
    };
    expect(growth(head, known, "known.json").map((p) => `${p.file}: ${p.message}`)).toEqual([
      "known.json: lint: src/a.py is allowed 3 × E501, and 2 at the merge base",
      "known.json: lint: src/a.py is allowed 1 × W1, and 0 at the merge base",
      "known.json: lint: src/n.py is allowed 1 × E1, and 0 at the merge base",
      "known.json: types: src/a.py is allowed 1 × arg-type, and 0 at the merge base",
    ]);
  });

  it("grows when a file is renamed, and says so", () => {
    const head = { lint: { "src/a.py": { E501: 2, F401: 1 }, "src/moved.py": { E501: 3 } } };
    expect(growth(head, known)).toEqual([
      {
        message: "lint: src/moved.py is allowed 3 × E501, and 0 at the merge base",
        remedy: "It seems to be src/b.py, renamed: mend the findings of a file that you move.",
      },
    ]);
  });

  it("allows only what both allow", () => {
    const head = { lint: { "src/a.py": { E501: 9 }, "src/n.py": { E501: 1 } }, types: { "src/a.py": { x: 1 } } };
    expect(minimum(head, known)).toEqual({ lint: { "src/a.py": { E501: 2 } } });
    expect(growth(minimum(head, known), known)).toEqual([]);
  });
});

describe("the baseline's file", () => {
  it("is sorted, has a line per path and comes back as it was", () => {
    const text = renderBaseline(
      baselineOf({
        types: [finding("src/b.py", "arg-type")],
        lint: [
          finding("src/b.py", "F401"),
          finding('src/"ü".py', "E501"),
          finding("src/b.py", "E501"),
          finding("src/b.py", "E501"),
          finding(undefined, "E1"),
        ],
      }),
    );
    expect(text).toBe(`{
  "schema": 1,
  "steps": {
    "lint": {
      "src/\\"ü\\".py": { "E501": 1 },
      "src/b.py": { "E501": 2, "F401": 1 }
    },
    "types": {
      "src/b.py": { "arg-type": 1 }
    }
  }
}
`);
    expect(renderBaseline(parseBaseline(text, "b"))).toBe(text);
  });

  it("is the same for the same findings in any order", () => {
    const found = Array.from({ length: 40 }, (_, i) => finding(`src/${i % 7}.py`, `E${i % 5}`, i));
    expect(renderBaseline(baselineOf({ lint: [...found].reverse() }))).toBe(
      renderBaseline(baselineOf({ lint: found })),
    );
  });

  it("can be empty", () => {
    expect(renderBaseline({})).toBe('{\n  "schema": 1,\n  "steps": {}\n}\n');
    expect(parseBaseline(renderBaseline({}), "b")).toEqual({});
  });

  it("stays small for a backlog of 86 files, 540 findings and 39 type errors", () => {
    const files = Array.from({ length: 86 }, (_, i) => `src/package/module_${i}.py`);
    const at = (i: number): string => files[i % files.length] ?? "";
    const backlog = baselineOf({
      format: files.map((f) => finding(f, "unformatted")),
      lint: Array.from({ length: 540 }, (_, i) => finding(at(i), ["E501", "F401", "B006"][i % 3] ?? "")),
      types: Array.from({ length: 39 }, (_, i) => finding(at(i), "arg-type")),
    });
    const text = renderBaseline(backlog);
    expect(text.split("\n").length).toBeLessThan(86 * 2 + 39 + 20);
    expect(text.length).toBeLessThan(20_000);
    expect(parseBaseline(text, "b")).toEqual(backlog);
  });

  it.each([
    ["a merge conflict", '{\n<<<<<<< ours\n  "schema": 1\n=======\n>>>>>>> theirs\n}\n'],
    ["a list", "[]"],
    ["another version and unknown keys", '{ "schema": 2, "stpes": {} }'],
    ["keys that stand twice", '{ "schema": 1, "steps": { "lint": { "a.py": { "E1": 1, "E1": 9 } } } }'],
    [
      "many mistakes",
      '{\n  "schema": 1,\n  "steps": {\n    "Lint": {},\n    "lint": {\n      "../a.py": { "E1": 1 },\n      "/etc/a.py": { "E1": 0 },\n      "a\\\\b.py": { "E1": -1, "E2": 1.5, "E3": "1" },\n      "./c.py": 3\n    },\n    "types": []\n  }\n}\n',
    ],
    ["a key called __proto__", '{ "schema": 1, "steps": { "lint": { "__proto__": { "E1": 1 } } } }'],
  ])("is refused with every problem and its place: %s", (_name, text) => {
    expect(refusal(text)).toMatchSnapshot();
  });

  it("is refused when it is no JSON, in the words of the runtime", () => {
    expect(refusal("not json")).toContain("pipeline-baseline.json: not valid JSON: ");
    expect(refusal('{\n  "schema": 1,\n  "steps": {},\n}\n')).toContain("pipeline-baseline.json:4:1: not valid JSON: ");
    expect(refusal("")).toContain("not valid JSON: ");
  });
});
