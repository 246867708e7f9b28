import { describe, expect, it } from "vitest";
import { tagOf } from "../../src/steps/build-dist/versions.ts";
import { checks, foundInBuild, judgeBuild } from "./packaging/records.ts";

describe("build-dist on versions", () => {
  it("names all places at once when they disagree, at the line of one that does", async () => {
    const versions = [
      ...checks.versions.slice(0, 4),
      { where: "project.version of pyproject.toml", text: "0.1", normal: "0.1", file: "pyproject.toml", line: 6 },
      { where: "__version__ in src/a.py", text: "0.2", normal: "0.2", file: "src/a.py", line: 4 },
      { where: "__version__ in src/b.py", text: "next", file: "src/b.py", line: 9 },
    ];
    const judgement = await judgeBuild({ checks: { versions } });
    expect(judgement.findings).toMatchObject([{ rule: "versions-differ", path: "src/a.py", line: 4 }]);
    for (const part of [
      "METADATA 0.1",
      "(pyproject.toml:6) 0.1",
      "(src/a.py:4) 0.2",
      "(src/b.py:9) next, which is no version",
    ])
      expect(judgement.findings[0]?.message).toContain(part);
  });

  it("compares versions, not their spelling", async () => {
    const versions = checks.versions.map((p) => (p.file === undefined ? p : { ...p, text: "v0.1", normal: "0.1" }));
    expect(await foundInBuild({ checks: { versions } })).toEqual([]);
  });

  it("fails when the changelog is ahead of the version", async () => {
    const changelog = { where: "x", text: "0.2", normal: "0.2", file: "CHANGELOG.md", line: 3, newer: true };
    expect((await judgeBuild({ checks: { changelog } })).findings).toMatchObject([
      { rule: "changelog-ahead", path: "CHANGELOG.md", line: 3 },
    ]);
  });

  it("leaves a version that the back end reads from tags to the tag", async () => {
    const versions = checks.versions.slice(0, 4).map((p) => ({ ...p, text: "0.0.0", normal: "0.0.0" }));
    const changelog = { where: "x", text: "0.2", normal: "0.2", file: "CHANGELOG.md", line: 3, newer: true };
    const judgement = await judgeBuild({ checks: { versions, changelog, requires: ["hatchling", "hatch-vcs>=0.4"] } });
    expect(judgement).toMatchObject({ outcome: "passed", facts: { version: "given by the tag of a release" } });
    expect((await judgeBuild({ checks: { versions, changelog } })).outcome).toBe("failed");
  });

  const parts = { epoch: 0, release: [1, 2, 0], pre: null, post: null, dev: null, local: null };
  it.each([
    [parts, "v1.2.0"],
    [{ ...parts, release: [1] }, "v1.0.0"],
    [{ ...parts, release: [2026, 10] }, "v2026.10.0"],
    [{ ...parts, pre: ["rc", 1] as ["rc", number] }, "v1.2.0-rc.1"],
    [{ ...parts, pre: ["a", 2] as ["a", number] }, "v1.2.0-alpha.2"],
    [{ ...parts, pre: ["b", 0] as ["b", number] }, "v1.2.0-beta.0"],
    [{ ...parts, dev: 3 }, "v1.2.0-dev.3"],
    [{ ...parts, release: [1, 2, 3, 0] }, "v1.2.3"],
  ])("gives the tag of %j", (version, tag) => {
    expect(tagOf(version)).toEqual({ tag });
  });

  it.each([
    [{ ...parts, epoch: 1 }, "an epoch"],
    [{ ...parts, release: [1, 2, 3, 4] }, "more than three numbers"],
    [{ ...parts, post: 1 }, "post-releases"],
    [{ ...parts, local: "abc" }, "a local version"],
    [{ ...parts, pre: ["a", 1] as ["a", number], dev: 1 }, "a development release of a pre-release"],
    [null, "PEP 440"],
  ])("finds no tag for %j", (version, problem) => {
    expect(tagOf(version)).toMatchObject({ problem: expect.stringContaining(problem) });
  });

  it("fails on a version without a tag", async () => {
    expect((await foundInBuild({ checks: { parts: { ...parts, post: 1 } } })).join()).toContain(
      "no-tag the version 0.1",
    );
  });
});
