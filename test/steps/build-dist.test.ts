import { describe, expect, it } from "vitest";
import type { ArchiveMember } from "../../src/steps/build-dist/records.ts";
import {
  archive,
  checks,
  dist,
  file,
  foundInBuild,
  hash,
  judgeBuild,
  pair,
  record,
  SDIST,
  sdistMembers,
  sdistOf,
  WHEEL,
  wheelMembers,
  wheelOf,
} from "./packaging/records.ts";

const changed = (members: readonly ArchiveMember[], name: string, more: Partial<ArchiveMember>): ArchiveMember[] =>
  members.map((m) => (m.name === name ? { ...m, ...more } : m));

describe("build-dist on sound records", () => {
  it("passes, and says the version, its tag and how much is in the archives", async () => {
    expect(await judgeBuild()).toMatchObject({
      outcome: "passed",
      findings: [],
      facts: { version: "0.1", tag: "v0.1.0", "files in wheel": 4, "files in sdist": 3, "tests in sdist": 1 },
    });
  });

  it("says that an sdist holds no tests, and passes", async () => {
    const judgement = await judgeBuild(sdistOf(sdistMembers.filter((m) => !m.name.includes("tests"))));
    expect(judgement).toMatchObject({ outcome: "passed", facts: { "tests in sdist": "none" } });
  });
});

describe("build-dist on two builds", () => {
  it("fails on a member of other content, with its first differing line", async () => {
    const second = changed(wheelMembers, "whisperkey/__init__.py", { sha256: hash("later") });
    const differing = { ...pair(WHEEL, wheelMembers, second) };
    const wheel = {
      ...differing,
      differences: [{ member: "whisperkey/__init__.py", line: 3, first: "AT = 1", second: "AT = 2" }],
    };
    expect(await foundInBuild({ dist: { wheel } })).toEqual([
      `not-reproducible ${WHEEL}: whisperkey/__init__.py: line 3 differs: "AT = 1" and "AT = 2"`,
    ]);
  });

  it("does not name RECORD beside the member whose hash it repeats", async () => {
    const second = [
      ...changed(wheelMembers, "whisperkey/__init__.py", { sha256: hash("later") }).slice(0, 3),
      record("xy"),
    ];
    expect(await foundInBuild(wheelOf(wheelMembers, second))).toEqual([
      `not-reproducible ${WHEEL}: whisperkey/__init__.py: its content differs`,
    ]);
  });

  it("names RECORD where nothing else differs", async () => {
    expect(await foundInBuild(wheelOf(wheelMembers, [...wheelMembers.slice(0, 3), record("xy")]))).toEqual([
      `not-reproducible ${WHEEL}: whisper_key-0.1.dist-info/RECORD: its content differs`,
    ]);
  });

  it("fails on a member that only one build has, and on one that only one makes executable", async () => {
    const second = changed(sdistMembers.slice(1), "whisper_key-0.1/PKG-INFO", { mode: 0o755 });
    expect(await foundInBuild(sdistOf(sdistMembers, second))).toEqual([
      `not-reproducible ${SDIST}: whisper_key-0.1/pyproject.toml is missing in the second build`,
      `not-reproducible ${SDIST}: whisper_key-0.1/PKG-INFO: executable in one, not in the other`,
    ]);
  });

  it.each<[string, (members: ArchiveMember[]) => ArchiveMember[]]>([
    ["order", (m) => [...m].reverse()],
    ["modes", (m) => m.map((x) => ({ ...x, mode: 0o600 }))],
    ["times", (m) => m.map((x) => ({ ...x, time: [2001, 9, 9, 0, 0, 0] }))],
    ["order", (m) => m.map((x) => (x.lines === undefined ? x : { ...x, sha256: hash("ba") }))],
  ])("passes where only the %s differ, and says that the wheel was packed anew", async (what, second) => {
    const members = [...wheelMembers];
    const wheel = { ...pair(WHEEL, members, second(members)), offered: archive(WHEEL, members, hash("anew")) };
    const judgement = await judgeBuild({ dist: { wheel } });
    expect(judgement).toMatchObject({ outcome: "passed", facts: { normalised: `wheel (${what})` } });
  });

  it("fails when what is offered is not what was built", async () => {
    const wheel = { ...dist.wheel, offered: archive(WHEEL, wheelMembers.slice(1)) };
    expect(await foundInBuild({ dist: { wheel } })).toEqual([
      `report-not-trusted ${WHEEL} is offered with other content than was built`,
    ]);
  });

  it("fails when the sdist makes another wheel, and names what is missing", async () => {
    const derived = pair(
      WHEEL,
      wheelMembers,
      wheelMembers.filter((m) => !m.name.endsWith("words.json")),
    );
    expect(await foundInBuild({ dist: { derived } })).toEqual([
      "sdist-differs the wheel that the sdist makes is another one: whisperkey/words.json is missing in the wheel of the sdist",
    ]);
  });

  it("counts differences beyond the first ten", async () => {
    const many = Array.from({ length: 14 }, (_, n) => file(`whisperkey/m${n}.py`));
    const findings = await foundInBuild(wheelOf([...wheelMembers, ...many], wheelMembers));
    expect(findings).toHaveLength(11);
    expect(findings.at(-1)).toContain("4 more members differ");
  });

  it("fails when a build fails, with its last words", async () => {
    const builds = {
      ...dist.builds,
      "wheel again": { exit: 1, made: 0, said: "Traceback\nOSError: no such folder\n" },
    };
    expect(await foundInBuild({ dist: { builds, wheel: { ...dist.wheel, second: null } } })).toEqual([
      "build-failed the wheel cannot be built in another folder, by another umask, at another time: OSError: no such folder",
    ]);
  });

  it("fails when there is no sdist, and judges the wheel all the same", async () => {
    const builds = { ...dist.builds, sdist: { exit: 1, made: 0, said: "no" } };
    const versions = checks.versions.filter((p) => !p.where.includes("sdist"));
    const twine = { ...checks.twine, said: checks.twine.said.slice(0, 1) };
    expect(await foundInBuild({ dist: { builds, sdist: null, derived: null }, checks: { versions, twine } })).toEqual([
      "build-failed the sdist cannot be built: no",
    ]);
  });
});

describe("build-dist on the source", () => {
  it("fails when the build adds, changes or removes files there", async () => {
    const source = { added: ["src/whisperkey/_built.py"], changed: ["pyproject.toml"], removed: ["a"], named: [] };
    const [finding] = await foundInBuild({ dist: { source } });
    expect(finding).toContain(
      "writes-into-source the build adds src/whisperkey/_built.py, changes pyproject.toml, removes a",
    );
  });

  it.each(["build/lib/x.py", "src/x.egg-info/PKG-INFO", ".eggs/y/z", "src/x/__pycache__/a.pyc", ".pdm-build/x"])(
    "takes %s for what back ends always leave, and says so",
    async (path) => {
      const judgement = await judgeBuild({ dist: { source: { added: [path], changed: [], removed: [], named: [] } } });
      expect(judgement.outcome).toBe("passed");
      expect(judgement.facts["left in source"]).toBeDefined();
    },
  );

  it("takes a file that the project's settings name for a generated one", async () => {
    const added = ["src/whisperkey/_version.py"];
    const judgement = await judgeBuild({ dist: { source: { added, changed: [], removed: [], named: added } } });
    expect(judgement).toMatchObject({ outcome: "passed", facts: { "generated in source": added[0] } });
  });
});

describe("build-dist on its records", () => {
  it.each(["files.json", "dist.json", "checks.json"])(
    "fails when %s is missing, garbage or of another form",
    async (name) => {
      for (const text of [undefined, "", "Segmentation fault", '{"schema": 2}']) {
        const judgement = await judgeBuild({ report: { [name]: text } });
        expect(judgement).toMatchObject({ outcome: "failed", findings: [{ rule: "no-report" }] });
      }
    },
  );

  it("fails when the command failed, whatever record lies there", async () => {
    expect((await judgeBuild({ code: 1 })).findings).toMatchObject([{ rule: "no-report" }]);
  });

  it("fails when the builds started from other files than the application's", async () => {
    const files = JSON.stringify({ schema: 1, asked: ["."], files: { "pyproject.toml": hash("other") } });
    const findings = await foundInBuild({ report: { "files.json": files } });
    expect(findings.join("\n")).toContain("of other content than the application's: pyproject.toml");
  });

  it("fails when SHA256SUMS names something else", async () => {
    expect(await foundInBuild({ sums: `${hash("x")}  ${WHEEL}\n` })).toEqual([
      "report-not-trusted SHA256SUMS does not name what was built",
    ]);
  });

  it("fails when the tools looked at other files than are offered", async () => {
    const files = { [WHEEL]: hash("other"), [SDIST]: dist.sdist?.offered.sha256 ?? "" };
    expect(await foundInBuild({ checks: { files } })).toEqual([
      `report-not-trusted ${WHEEL} was another file when it was looked at`,
    ]);
  });

  it("fails when a build is said to have succeeded and nothing is there of it", async () => {
    const findings = await foundInBuild({ dist: { derived: null } });
    expect(findings.join()).toContain('the record of the build "wheel of the sdist" contradicts');
  });
});
