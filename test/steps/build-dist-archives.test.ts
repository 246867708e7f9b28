import { describe, expect, it } from "vitest";
import type { ArchiveMember } from "../../src/steps/build-dist/records.ts";
import {
  archive,
  type BuildCase,
  checks,
  file,
  foundInBuild,
  judgeBuild,
  pair,
  SDIST,
  sdistMembers,
  sdistOf,
  WHEEL,
  wheelMembers,
  wheelOf,
} from "./packaging/records.ts";

describe("build-dist on hostile archives", () => {
  it.each<[string, ArchiveMember, string]>([
    ["a path that leaves it", file("../evil.py"), "the path is not plainly relative"],
    ["an absolute path", file("/etc/passwd"), "the path is absolute"],
    ["a drive", file("C:/x.py"), "the path is absolute"],
    ["a backslash", file("a\\b.py"), "a backslash"],
    ["a control character", file("a\nb.py"), "a control character"],
    ["a link", file("whisperkey/link", "x", { type: "link" }), "a wheel holds no links"],
    ["a name twice", file("whisperkey/words.json", "other"), "the name stands there twice"],
  ])("fails on a wheel with %s", async (_, member, message) => {
    const members = [...wheelMembers, member];
    const wheel = { ...pair(WHEEL, members), offered: pair(WHEEL, members).first };
    expect((await foundInBuild({ dist: { wheel } })).filter((f) => f.startsWith("unsafe-member")).join()).toContain(
      message,
    );
  });

  it.each<[string, ArchiveMember, string]>([
    ["a second folder", file("elsewhere/x.py"), "must unpack into one folder"],
    ["a device", file("whisper_key-0.1/null", "", { type: "other" }), "neither a file nor a folder"],
    [
      "a link out of it",
      file("whisper_key-0.1/l", "", { type: "link", target: "../../etc/passwd" }),
      "it leads out of the archive",
    ],
    [
      "an absolute link",
      file("whisper_key-0.1/l", "", { type: "link", target: "/etc/passwd" }),
      "it leads to /etc/passwd",
    ],
  ])("fails on an sdist with %s", async (_, member, message) => {
    const findings = await foundInBuild(sdistOf([...sdistMembers, member]));
    expect(findings.filter((f) => f.startsWith("unsafe-member")).join()).toContain(message);
  });

  it("accepts a link of an sdist that stays within it", async () => {
    const link = file("whisper_key-0.1/docs/l", "", { type: "link", target: "../pyproject.toml" });
    expect(await foundInBuild(sdistOf([...sdistMembers, link]))).toEqual([]);
  });

  it("fails on caches and on tests beside the packages", async () => {
    const members = [...wheelMembers, file("tests/test_a.py"), file("whisperkey/__pycache__/a.cpython-311.pyc")];
    expect(await foundInBuild(wheelOf(members))).toEqual([
      `holds-caches ${WHEEL} holds what a tool left behind by chance: whisperkey/__pycache__/a.cpython-311.pyc`,
      `holds-tests ${WHEEL} would install tests/test_a.py beside the application's packages`,
    ]);
  });

  it("fails on an archive that cannot be read", async () => {
    const { members: _, ...bare } = archive(SDIST, []);
    const broken = { ...bare, error: "ReadError: not a gzip file" };
    const sdist = { first: broken, second: broken, differences: [], offered: broken };
    expect(await foundInBuild({ dist: { sdist } })).toEqual([
      `unreadable ${SDIST} cannot be read: ReadError: not a gzip file`,
    ]);
  });
});

describe("build-dist on the tools' words", () => {
  it("fails on what twine warns of", async () => {
    const said = [
      `Checking ${WHEEL}: FAILED due to warnings`,
      "WARNING  `long_description_content_type` missing. defaulting to `text/x-rst`.   ",
      `Checking ${SDIST}: PASSED`,
    ];
    expect(await foundInBuild({ checks: { twine: { ...checks.twine, exit: 1, said } } })).toEqual([
      `twine-check twine check: ${WHEEL} FAILED due to warnings: WARNING \`long_description_content_type\` missing. defaulting to \`text/x-rst\`.`,
    ]);
  });

  it("has no finding for an application without a description, and says so in the facts", async () => {
    const warned = [
      "WARNING  `long_description_content_type` missing. defaulting to `text/x-rst`.   ",
      "WARNING  `long_description` missing.                                            ",
    ];
    const said = [WHEEL, SDIST].flatMap((file) => [`Checking ${file}: FAILED due to warnings`, ...warned]);
    const twine = { ...checks.twine, exit: 1, said };
    expect(await foundInBuild({ checks: { twine } })).toEqual([]);
    expect((await judgeBuild({ checks: { twine } })).facts["description"]).toBe("none: the project names no readme");
  });

  it("fails on a file that twine gave no verdict on", async () => {
    const said = [
      `Checking ${WHEEL}: PASSED`,
      `Checking ${SDIST}: ERROR    InvalidDistribution: No PKG-INFO in archive or PKG-INFO missing        `,
      "         'Metadata-Version': x.tar.gz",
    ];
    const [finding] = await foundInBuild({ checks: { twine: { ...checks.twine, exit: 1, said } } });
    expect(finding).toContain(`twine-check twine gave no verdict on ${SDIST}`);
    expect(finding).toContain("No PKG-INFO in archive");
  });

  it.each([0, 1])("fails when twine's status contradicts its words (%i)", async (exit) => {
    const said = exit === 0 ? [`Checking ${WHEEL}: FAILED`, `Checking ${SDIST}: PASSED`] : checks.twine.said;
    const rules = (await foundInBuild({ checks: { twine: { ...checks.twine, exit, said } } })).join("\n");
    expect(rules).toContain(`report-not-trusted twine ended with status ${exit}`);
  });

  it("fails on each code of check-wheel-contents, with the files that it names", async () => {
    const said = [
      `${WHEEL}: W005: Wheel contains common toplevel name in library:`,
      "  tests/",
      `${WHEEL}: W009: Wheel contains multiple toplevel library entries:`,
      "  x/",
      "  tests/",
    ];
    expect(await foundInBuild({ checks: { contents: { ...checks.contents, exit: 1, said } } })).toEqual([
      "W005 Wheel contains common toplevel name in library: tests/",
      "W009 Wheel contains multiple toplevel library entries: x/ tests/",
    ]);
  });

  it("accepts several entries at the top from an application of several packages", async () => {
    const said = [`${WHEEL}: W009: Wheel contains multiple toplevel library entries:`, "  x/", "  y/"];
    const context: NonNullable<BuildCase["context"]> = (c) => ({
      ...c,
      config: { ...c.config, python: { ...c.config.python, packages: ["x", "y"] } },
    });
    expect(await foundInBuild({ context, checks: { contents: { ...checks.contents, exit: 1, said } } })).toEqual([]);
  });

  it("fails when check-wheel-contents crashed or said nothing", async () => {
    const said = ["Traceback (most recent call last):", '  File "x"', "zipfile.BadZipFile: no"];
    const findings = await foundInBuild({ checks: { contents: { ...checks.contents, exit: 1, said } } });
    expect(findings.join("\n")).toContain("zipfile.BadZipFile: no");
    expect((await foundInBuild({ checks: { contents: { ...checks.contents, said: [] } } })).join()).toContain(
      "gave no verdict",
    );
  });
});
