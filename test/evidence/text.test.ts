import { describe, expect, test } from "vitest";
import {
  codeCell,
  codeFence,
  codeSpan,
  detailLines,
  duration,
  firstLines,
  oneLine,
  plain,
} from "../../src/evidence/text.ts";

const ESC = "\u001b";

describe("plain text", () => {
  test("loses terminal sequences: colours, titles, links, cursor moves", () => {
    expect(plain(`${ESC}[31mred${ESC}[0m ${ESC}]0;title\u0007${ESC}]8;;x:y\u0007link${ESC}]8;;\u0007${ESC}[2J.`)).toBe(
      "red link.",
    );
  });

  test("shows every other control or invisible character as a replacement", () => {
    expect(plain("a\u0000b\u0008c\u007fd\u009be\u200bf\u202eg\u2066h\ufeffi\u2028j")).toBe(
      "a\ufffdb\ufffdc\ufffdd\ufffde\ufffdf\ufffdg\ufffdh\ufffdi\ufffdj",
    );
  });

  test("shows a lone escape as a replacement", () => {
    expect(plain(`a${ESC}`)).toBe("a\ufffd");
  });

  test("keeps newlines, tabs, letters of any script and whole emoji", () => {
    expect(plain("a\tb\nzażółć 日本 😀")).toBe("a\tb\nzażółć 日本 😀");
  });

  test("takes a carriage return as a newline, so that a line cannot overwrite itself", () => {
    expect(plain("failed\rpassed\r\nend")).toBe("failed\npassed\nend");
  });

  test("shows half of a surrogate pair as a replacement", () => {
    expect(plain("a\ud83db")).toBe("a\ufffdb");
  });
});

describe("one line", () => {
  test("joins lines and cuts by characters, never inside one", () => {
    expect(oneLine("a\n  b\tc")).toBe("a b c");
    expect(oneLine("😀😀😀😀", 3)).toBe("😀😀…");
    expect(oneLine("😀😀😀", 3)).toBe("😀😀😀");
  });

  test("of a huge text is cheap and bounded", () => {
    expect(oneLine("x".repeat(5_000_000), 50)).toHaveLength(50);
  });
});

describe("first lines", () => {
  test("say how many lines were left out", () => {
    expect(firstLines("\n\na\nb\nc\nd\n\n", { lines: 2, characters: 100 })).toEqual(["a", "b", "… 2 more lines"]);
  });

  test("do not put a note in the place of a single line, such as a text's own note of what it left out", () => {
    const lines = firstLines("a\nb\n… and 640 more", { lines: 2, characters: 100 });
    expect(lines).toEqual(["a", "b", "… and 640 more"]);
  });

  test("stop at the bound of characters", () => {
    const lines = firstLines("x".repeat(90).concat("\n").repeat(100), { lines: 50, characters: 200 });
    expect(lines.join("\n").length).toBeLessThan(230);
    expect(lines.at(-1)).toBe("… 97 more lines");
  });

  test("of nothing are none", () => {
    expect(firstLines(" \n\n", { lines: 5, characters: 100 })).toEqual([]);
  });

  test("keep the indentation of the first line", () => {
    expect(firstLines("\n    a\n  b", { lines: 5, characters: 100 })).toEqual(["    a", "  b"]);
  });
});

describe("the lines below a reason", () => {
  const limit = { lines: 5, characters: 200 };
  test("are none where the only finding says the reason again", () => {
    expect(detailLines({ reason: "no tests", detail: "nothing-collected no tests" }, limit)).toEqual([]);
    expect(detailLines({ reason: "no tests", detail: "no tests" }, limit)).toEqual([]);
  });

  test("are kept where they say more", () => {
    expect(detailLines({ reason: "1 finding", detail: "a.py:1 E1 1 finding" }, limit)).toEqual(["a.py:1 E1 1 finding"]);
    expect(detailLines({ reason: "no tests", detail: "x no tests\nmore" }, limit)).toHaveLength(2);
    expect(detailLines({ detail: "x" }, limit)).toEqual(["x"]);
  });
});

describe("Markdown", () => {
  test("a code span is longer than any run of backticks in it", () => {
    expect(codeSpan("a `` b")).toBe("```a `` b```");
    expect(codeSpan("`a`")).toBe("`` `a` ``");
    expect(codeSpan("")).toBe("");
  });

  test("a cell holds no pipe that would end it, whatever stands before it", () => {
    expect(codeCell("a|b")).toBe("`a\\|b`");
    expect(codeCell("a\\|b")).toBe("`a\\¦b`");
    expect(codeCell("a\\\\|b||")).toBe("`a\\\\¦b\\|\\|`");
    expect(codeCell("a\n| x | y |")).toBe("`a \\| x \\| y \\|`");
  });

  test("a fence is longer than any run of backticks in it", () => {
    expect(codeFence(["```", "````js"])).toBe("`````text\n```\n````js\n`````");
  });
});

test.each([
  [0, "0.0 s"],
  [-5, "0.0 s"],
  [1234, "1.2 s"],
  [59_949, "59.9 s"],
  [59_960, "1 min 00 s"],
  [123_400, "2 min 03 s"],
])("%d ms read as %s", (ms, text) => {
  expect(duration(ms)).toBe(text);
});
