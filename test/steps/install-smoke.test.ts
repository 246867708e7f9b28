import { describe, expect, it } from "vitest";
import { answered, app, hash, type InstallCase, judgeInstall, probe, trial } from "./packaging/records.ts";

async function found(item: InstallCase): Promise<string[]> {
  const judgement = await judgeInstall(item);
  expect(judgement.outcome).toBe(judgement.findings.length === 0 ? "passed" : "failed");
  return judgement.findings.map((f) => `${f.rule} ${f.message}`);
}

const command = (more: Partial<typeof answered>): InstallCase => ({ wheel: { commands: [{ ...answered, ...more }] } });
const without = (path: string): Record<string, string> =>
  Object.fromEntries(Object.entries(probe.files).filter(([name]) => name !== path));

describe("install-smoke on sound records", () => {
  it("passes, and says how many files, modules, commands and entry points there were", async () => {
    expect(await judgeInstall()).toMatchObject({
      outcome: "passed",
      findings: [],
      facts: { version: "0.1", files: 3, modules: 1, commands: 1, "entry points": 1, python: "3.11.7" },
    });
  });

  it("gives every command as a test, of the wheel and of the sdist", async () => {
    const { tests } = await judgeInstall(command({ exit: 2 }));
    expect(tests).toMatchObject([
      { classname: "install-smoke.wheel", name: "whisper-key --help", outcome: "failed" },
      { classname: "install-smoke.sdist", name: "whisper-key --help", outcome: "passed" },
    ]);
  });
});

describe("install-smoke on files", () => {
  it("fails on a data file that is not installed, at its place in the source", async () => {
    const judgement = await judgeInstall({ probe: { files: without("whisperkey/words.json") } });
    expect(judgement.findings).toEqual([
      {
        rule: "file-missing",
        message: "wheel: src/whisperkey/words.json is not installed",
        path: "src/whisperkey/words.json",
      },
    ]);
  });

  it("fails on a file of other content", async () => {
    const files = { ...probe.files, "whisperkey/words.json": hash("old") };
    expect(await found({ probe: { files } })).toEqual([
      "file-differs wheel: src/whisperkey/words.json is installed with other content",
    ]);
  });

  it("accepts what leave-out names, counts it, and tells a glob that names nothing", async () => {
    const check = { leaveOut: { "src/whisperkey/*.json": "made at run time", "docs/**": "gone" } };
    const judgement = await judgeInstall({ check, probe: { files: without("whisperkey/words.json") } });
    expect(judgement).toMatchObject({
      outcome: "passed",
      facts: { "left out": 1, "leave-out without a file": "docs/**" },
    });
  });

  it("expects nothing of git's own files, and of nothing outside the packages", async () => {
    const files = { ...app, "src/whisperkey/.gitkeep": "", "src/notes.txt": "x", "tests/whisperkey/fake.py": "" };
    expect(await found({ files })).toEqual([]);
  });

  it("counts missing files beyond the first ten", async () => {
    const more = Object.fromEntries(Array.from({ length: 20 }, (_, n) => [`src/whisperkey/d${n}.txt`, "x"]));
    const judgement = await judgeInstall({ files: { ...app, ...more } });
    expect(judgement.findings.at(-1)?.message).toContain("10 more files");
  });

  it("fails on a RECORD that is wrong", async () => {
    expect(await found({ probe: { record: ["whisperkey/x.py has another hash"] } })).toEqual([
      "record-broken wheel: RECORD is wrong: whisperkey/x.py has another hash",
    ]);
  });
});

describe("install-smoke on imports", () => {
  const failing = (error: string, missing?: string, file = "whisperkey/gui.py") => ({
    modules: [
      ...probe.modules,
      { file, module: "whisperkey.gui", error, ...(missing === undefined ? {} : { missing }) },
    ],
  });

  it("fails on a module whose import fails, at its file, with what to do", async () => {
    const files = { ...app, "src/whisperkey/gui.py": "import toml\n" };
    const installed = { ...probe.files, "whisperkey/gui.py": hash("import toml\n") };
    const judgement = await judgeInstall({
      files,
      probe: { files: installed, ...failing("ModuleNotFoundError: No module named 'toml'", "toml") },
      report: {
        "sdist.json": JSON.stringify({ ...trial, probe: { ...trial.probe, found: { ...probe, files: installed } } }),
      },
    });
    expect(judgement.findings).toMatchObject([{ rule: "import-failed", path: "src/whisperkey/gui.py" }]);
    expect(judgement.findings[0]?.message).toContain("declare the dependency");
  });

  it("accepts a module whose file leave-out names", async () => {
    const item = {
      files: { ...app, "src/whisperkey/gui.py": "import cv2\n" },
      probe: failing("ModuleNotFoundError: No module named 'cv2'", "cv2"),
    };
    expect((await found(item)).join()).toContain("import-failed");
    expect(await found({ ...item, check: { leaveOut: { "src/whisperkey/gui.py": "needs the extra" } } })).toEqual([]);
  });

  it("fails on a module that exits", async () => {
    expect((await found({ probe: failing("SystemExit: 0") })).join()).toContain(
      "whisperkey.gui cannot be imported: SystemExit",
    );
  });

  it("accepts a module that needs Python's own of another system, and counts it", async () => {
    const judgement = await judgeInstall({
      probe: { ...failing("ModuleNotFoundError: No module named 'winreg'", "winreg"), stdlib: ["winreg"] },
    });
    expect(judgement).toMatchObject({ outcome: "passed", facts: { "modules of other systems": 1 } });
  });

  it("accepts a module that needs what only an extra or another system brings", async () => {
    const item = { probe: failing("ModuleNotFoundError: No module named 'rich_click'", "rich_click") };
    expect(await found(item)).toHaveLength(1);
    const found_ = { ...probe, ...item.probe };
    expect(
      await found({ ...item, wheel: { inactive: ["rich-click"], probe: { ...trial.probe, found: found_ } } }),
    ).toEqual([]);
  });

  it("fails when the package is not there, and when it came from elsewhere", async () => {
    expect((await found({ probe: { modules: [], files: {} } })).join()).toContain(
      "package-missing wheel: the package whisperkey",
    );
    expect(await found({ probe: { packages: { whisperkey: { where: "elsewhere" } } } })).toEqual([
      expect.stringContaining("imported-from-elsewhere"),
    ]);
  });

  it.each([
    [null, "did not end"],
    [0, "ended with status 0"],
    [-11, "ended with status -11"],
  ])("fails when the interpreter left no record (status %s), and says where it was", async (exit, how) => {
    const died = { exit, said: "Fatal\n", at: "whisperkey.boom", found: null };
    expect(await found({ wheel: { probe: died } })).toEqual([
      `import-failed wheel: the interpreter ${how} while it imported whisperkey.boom: Fatal`,
    ]);
  });

  it("fails on an entry point that does not load", async () => {
    const entry_points = [{ group: "gui_scripts", name: "w", value: "whisperkey:gone", error: "AttributeError: gone" }];
    expect((await found({ probe: { entry_points }, wheel: {} })).join()).toContain(
      "entry-point-broken wheel: the entry point w (gui_scripts, whisperkey:gone) does not load",
    );
  });

  it("fails on what is required and not there", async () => {
    expect(await found({ wheel: { inconsistent: ["a requires b, which is not installed"] } })).toEqual([
      "requirement-missing wheel: a requires b, which is not installed",
    ]);
  });

  it("fails when metadata or __version__ give another version than the wheel's name", async () => {
    const packages = { whisperkey: { where: "installed", version: "0.2", normal: "0.2" } };
    expect((await found({ probe: { version: "0.3", normal: "0.3", packages } })).map((f) => f.slice(0, 60))).toEqual([
      expect.stringContaining("versions-differ wheel: the installed metadata is 0.3"),
      expect.stringContaining("versions-differ wheel: whisperkey.__version__ is 0.2"),
    ]);
  });
});

describe("install-smoke on commands", () => {
  const said = (text: string, utf8 = true) => ({ text, utf8 });
  const trace = "Traceback (most recent call last):\n  x\nKeyError: 'y'\n";

  it.each<[string, Partial<typeof answered>, string]>([
    [
      "ends with another status",
      { exit: 1, stderr: said("no microphone\n") },
      "ended with status 1, not 0: no microphone",
    ],
    ["prints a traceback and exits 0", { stderr: said(trace) }, "printed a traceback on stderr: KeyError: 'y'"],
    [
      "prints bytes that are not UTF-8",
      { stdout: said("\ufffd", false) },
      "printed bytes on stdout that are not UTF-8",
    ],
    ["says nothing", { stdout: said(" \n") }, "said nothing"],
  ])("fails on one that %s", async (_, more, message) => {
    expect(await found(command(more))).toEqual([`command-failed wheel: \`whisper-key --help\` ${message}`]);
  });

  it("says what to do about one that knows no --help, where nobody said that it does", async () => {
    const usage = { ...answered, exit: 2, stdout: said(""), stderr: said("usage: whisper-key\n") };
    expect(await found(command(usage))).toEqual([
      "command-failed wheel: `whisper-key --help` ended with status 2, not 0: usage: whisper-key; if it takes no --help, name what it answers in `checks.install-smoke.commands`",
    ]);
  });

  it("fails on one that does not end", async () => {
    const hung = { ...answered, exit: null };
    expect((await found({ wheel: { commands: [hung] } })).join()).toContain("did not end in time");
  });

  it("fails on one that is not installed", async () => {
    const check = { commands: [{ run: ["gone"] as [string], exit: 0 }] };
    const commands = [{ run: ["gone"], missing: true as const }];
    const sdist = JSON.stringify({ ...trial, commands });
    expect(await found({ check, wheel: { commands }, report: { "sdist.json": sdist } })).toEqual([
      "command-failed wheel and sdist: `gone` is not installed: no program has this name",
    ]);
  });

  it("judges configured commands by their status and by their output, with the version filled in", async () => {
    const check = { commands: [{ run: ["whisper-key", "--help"] as [string, string], exit: 2, stdout: "v{version}" }] };
    const right = { ...answered, exit: 2, stdout: said("v0.1\n") };
    const sdist = { "sdist.json": JSON.stringify({ ...trial, commands: [right] }) };
    expect(await found({ check, wheel: { commands: [right] }, report: sdist })).toEqual([]);
    const wrong = { ...right, stdout: said("v0.2\n") };
    expect(await found({ check, wheel: { commands: [wrong] }, report: sdist })).toEqual([
      'command-failed wheel: `whisper-key --help` did not print "v0.1", but "v0.2"',
    ]);
  });

  it("fails when a command was not tried", async () => {
    expect(await found({ wheel: { commands: [] } })).toEqual([
      "report-not-trusted wheel: nothing is recorded of `whisper-key --help`",
    ]);
  });

  it("says a fault of both artifacts once", async () => {
    const broken = { ...answered, exit: 3 };
    const sdist = JSON.stringify({ ...trial, commands: [broken] });
    expect(await found({ wheel: { commands: [broken] }, report: { "sdist.json": sdist } })).toEqual([
      "command-failed wheel and sdist: `whisper-key --help` ended with status 3, not 0: usage: whisper-key",
    ]);
  });
});

describe("install-smoke on its records", () => {
  it.each(["run.json", "wheel.json", "sdist.json"])(
    "fails when %s is missing, garbage or of another form",
    async (name) => {
      for (const text of [undefined, "", "Segmentation fault", '{"schema": 2}'])
        expect(await judgeInstall({ report: { [name]: text } })).toMatchObject({
          outcome: "failed",
          findings: [{ rule: "no-report" }],
        });
    },
  );

  it("fails when the command failed or did not end, whatever record lies there", async () => {
    expect((await judgeInstall({ code: 1 })).outcome).toBe("failed");
    const judgement = await judgeInstall({ status: { kind: "timed-out", afterSeconds: 9 } });
    expect(judgement.reason).toContain("not ended within 9 s");
  });

  it("fails when the application is not installed at all", async () => {
    const none = JSON.stringify({ schema: 1, wheel: "x.whl", name: "x", installed: false });
    expect(await found({ report: { "wheel.json": none } })).toEqual([
      "not-installed x is not installed where its wheel should be",
    ]);
  });
});
