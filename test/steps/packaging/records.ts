/** Records of builds and trials as the harnesses write them, over the small application; tests change what they are about. */
import { createHash } from "node:crypto";
import { expect } from "vitest";
import type { ArchiveChecks, ArchiveMember, DistRecord } from "../../../src/steps/build-dist/records.ts";
import { steps } from "../../../src/steps/index.ts";
import type { Trial } from "../../../src/steps/install-smoke/records.ts";
import type { JudgedAction, Judgement, Step, StepContext } from "../../../src/steps/step.ts";
import { actionOf } from "../recorded.ts";
import { type Files, manifestOf, planFor, smallApp, smallConfig } from "../small-app.ts";

export const WHEEL = "whisper_key-0.1-py3-none-any.whl";
export const SDIST = "whisper_key-0.1.tar.gz";
export const app: Files = {
  ...smallApp,
  "src/whisperkey/words.json": "{}\n",
  "CHANGELOG.md": "# Changelog\n\n## 0.1\n",
};

export const hash = (text: string): string => createHash("sha256").update(text).digest("hex");

export function file(name: string, text = name, more: Partial<ArchiveMember> = {}): ArchiveMember {
  return {
    name,
    type: "file",
    mode: 0o644,
    time: [1980, 1, 1, 0, 0, 0],
    size: text.length,
    sha256: hash(text),
    ...more,
  };
}

export const record = (text: string): ArchiveMember =>
  file("whisper_key-0.1.dist-info/RECORD", text, { lines: hash(text.split("").sort().join("")) });

export const wheelMembers = [
  file("whisperkey/__init__.py"),
  file("whisperkey/words.json"),
  file("whisper_key-0.1.dist-info/METADATA"),
  record("ab"),
];
export const sdistMembers = [
  file("whisper_key-0.1/pyproject.toml"),
  file("whisper_key-0.1/tests/test_key.py"),
  file("whisper_key-0.1/PKG-INFO"),
];

/** An archive; its hash is that of its members unless it is said. */
export function archive(name: string, members: readonly ArchiveMember[], sha256 = hash(JSON.stringify(members))) {
  return { file: name, sha256, members: [...members] };
}

export function pair(name: string, first: readonly ArchiveMember[], second: readonly ArchiveMember[] = first) {
  return { first: archive(name, first), second: archive(name, second), differences: [], offered: archive(name, first) };
}

const built = { exit: 0, made: 1, said: "" };

export const dist: DistRecord = {
  schema: 1,
  builds: { sdist: built, "sdist again": built, "wheel again": built, "wheel of the sdist": built },
  source: { added: [], removed: [], changed: [], named: [] },
  wheel: pair(WHEEL, wheelMembers),
  sdist: pair(SDIST, sdistMembers),
  derived: pair(WHEEL, wheelMembers),
};

const place = (where: string, text = "0.1", normal = text) => ({ where, text, normal });

export const checks: ArchiveChecks = {
  schema: 1,
  files: { [WHEEL]: dist.wheel.offered.sha256, [SDIST]: dist.sdist?.offered.sha256 ?? "" },
  twine: { version: "7.0.0", exit: 0, said: [`Checking ${WHEEL}: PASSED`, `Checking ${SDIST}: PASSED`] },
  contents: { version: "0.6.3", exit: 0, said: [`${WHEEL}: OK`], silenced: 0 },
  versions: [
    place("the wheel's name"),
    place("the wheel's METADATA"),
    place("the sdist's name"),
    place("the sdist's PKG-INFO"),
    { ...place("project.version of pyproject.toml"), file: "pyproject.toml", line: 6 },
  ],
  parts: { epoch: 0, release: [0, 1], pre: null, post: null, dev: null, local: null },
  changelog: { ...place("the newest release of the changelog"), file: "CHANGELOG.md", line: 3, newer: false },
  requires: ["hatchling"],
};

export interface BuildCase {
  readonly dist?: Partial<DistRecord>;
  readonly checks?: Partial<ArchiveChecks>;
  /** Replaces files of the reports; undefined takes one away. */
  readonly report?: Readonly<Record<string, string | undefined>>;
  readonly sums?: string;
  readonly code?: number;
  readonly context?: (context: StepContext) => StepContext;
}

async function contextOf(id: string, files: Files): Promise<{ step: Step; context: StepContext }> {
  const step = steps.find((s) => s.id === id);
  const config = smallConfig("3.11");
  const { skip: _, ...base } = config.checks["build-dist"];
  const { skip: __, ...install } = config.checks["install-smoke"];
  const whole = { ...config, checks: { ...config.checks, "build-dist": base, "install-smoke": install } };
  const context = [...(await planFor(files, whole, { only: [id] })).contexts.values()][0];
  if (step === undefined || context === undefined) throw new Error(`nothing is planned for ${id}`);
  return { step, context };
}

export async function judgeBuild(item: BuildCase = {}): Promise<Judgement> {
  const { step, context } = await contextOf("build-dist", app);
  const whole = { ...dist, ...item.dist };
  const looked = { ...checks, ...item.checks };
  const listed = Object.fromEntries(manifestOf(app).entries.map((e) => [e.path, e.sha256]));
  const offered = [whole.wheel.offered, ...(whole.sdist === null ? [] : [whole.sdist.offered])];
  if (item.checks?.files === undefined) looked.files = Object.fromEntries(offered.map((a) => [a.file, a.sha256]));
  const report: Record<string, string | undefined> = {
    "files.json": JSON.stringify({ schema: 1, asked: ["."], files: listed }),
    "dist.json": JSON.stringify(whole),
    "checks.json": JSON.stringify(looked),
    ...item.report,
  };
  const names = offered.map((a) => a.file);
  const sums = item.sums ?? offered.map((a) => `${a.sha256}  ${a.file}\n`).join("");
  const action: JudgedAction = {
    ...actionOf({}, item.code ?? 0),
    files: () => ["SHA256SUMS", ...names].sort(),
    read: (output, path) => (output === "dist" ? (path === "SHA256SUMS" ? sums : undefined) : report[path]),
  };
  const results = { dist: action, look: { ...action, status: { kind: "exited" as const, code: 0 } } };
  return step.judge({ context: item.context?.(context) ?? context, results });
}

const stream = (text: string) => ({ text, utf8: true });

export const answered = {
  run: ["whisper-key", "--help"],
  missing: false as const,
  exit: 0,
  stdout: stream("usage: whisper-key\n"),
  stderr: stream(""),
};

const packaged = Object.entries(app).filter(([path]) => path.startsWith("src/"));

export const probe = {
  python: "3.11.7",
  version: "0.1",
  normal: "0.1",
  record: [],
  files: Object.fromEntries(packaged.map(([path, text]) => [path.slice(4), hash(text)])),
  modules: [{ file: "whisperkey/__init__.py", module: "whisperkey" }],
  packages: { whisperkey: { where: "installed" as const } },
  entry_points: [{ group: "console_scripts", name: "whisper-key", value: "whisperkey:key" }],
  stdlib: [],
};

export const trial: Trial = {
  schema: 1,
  wheel: WHEEL,
  name: "whisper_key",
  installed: true,
  normal: "0.1",
  probe: { exit: 0, said: "", at: "the entry point whisper-key", found: probe },
  others: [],
  inconsistent: [],
  inactive: [],
  commands: [answered],
};

export interface InstallCase {
  readonly wheel?: Partial<Trial>;
  readonly probe?: Partial<typeof probe> | Readonly<Record<string, unknown>>;
  readonly files?: Files;
  readonly report?: Readonly<Record<string, string | undefined>>;
  readonly code?: number;
  readonly status?: JudgedAction["status"];
  readonly check?: Partial<StepContext["config"]["checks"]["install-smoke"]>;
}

/** Both artifacts were found alike, but for what the case says of the wheel. */
export async function judgeInstall(item: InstallCase = {}): Promise<Judgement> {
  const { step, context } = await contextOf("install-smoke", item.files ?? app);
  const found = { ...probe, ...item.probe };
  const wheel = { ...trial, probe: { ...trial.probe, found }, ...item.wheel };
  const report: Record<string, string | undefined> = {
    "run.json": JSON.stringify({ schema: 1, tried: ["wheel", "sdist"], wheels: 2 }),
    "wheel.json": JSON.stringify(wheel),
    "sdist.json": JSON.stringify(trial),
    ...item.report,
  };
  const { config } = context;
  const check = { ...config.checks["install-smoke"], ...item.check };
  const action: JudgedAction = { ...actionOf({}, item.code ?? 0), read: (_, path) => report[path] };
  return step.judge({
    context: { ...context, config: { ...config, checks: { ...config.checks, "install-smoke": check } } },
    results: { run: item.status === undefined ? action : { ...action, status: item.status } },
  });
}

/** The same wheel, or sdist, in both builds, or another one in the second. */
export const wheelOf = (first: readonly ArchiveMember[], second: readonly ArchiveMember[] = first): BuildCase => ({
  dist: { wheel: pair(WHEEL, first, second), derived: pair(WHEEL, first) },
});
export const sdistOf = (first: readonly ArchiveMember[], second: readonly ArchiveMember[] = first): BuildCase => ({
  dist: { sdist: pair(SDIST, first, second) },
});

/** Rule and message of each finding; the outcome must fit them. */
export async function foundInBuild(item: BuildCase): Promise<string[]> {
  const judgement = await judgeBuild(item);
  expect(judgement.outcome).toBe(judgement.findings.length === 0 ? "passed" : "failed");
  return judgement.findings.map((f) => `${f.rule} ${f.message}`);
}
