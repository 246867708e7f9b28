/**
 * How two archives differ that should say the same: in what they hold, or only in how they are packed. Knows records, no files.
 */
import type { Finding } from "../step.ts";
import type { Archive, ArchiveMember, ArchivePair } from "./records.ts";

/** Members that differ, in words; empty where both hold the same. */
export function contentDifferences(pair: ArchivePair, names: readonly [string, string]): string[] {
  const { first, second } = pair;
  if (second === null || first.sha256 === second.sha256) return [];
  const [before, after] = [contentOf(first), contentOf(second)];
  const missing = (from: Content, other: Content, where: string): string[] =>
    [...from.keys()].filter((name) => !other.has(name)).map((name) => `${name} is missing in ${where}`);
  const changed = [...before].flatMap(([name, item]) => {
    const now = after.get(name);
    return now === undefined || sameContent(item, now) ? [] : [{ name, text: `${name}: ${told(pair, item, now)}` }];
  });
  // RECORD repeats the hashes of the others: alone it is a difference of its own, beside others only their echo.
  const echo = changed.length > 1 || before.size !== after.size;
  return [
    ...missing(before, after, names[1]),
    ...missing(after, before, names[0]),
    ...changed.filter((c) => !(echo && isRecord(c.name))).map((c) => c.text),
  ];
}

/** In which respects two archives of one content are packed differently: `order`, `times`, `modes`, or `header` where none of these is. */
export function packingDifferences({ first, second }: ArchivePair): string[] {
  if (second === null || first.sha256 === second.sha256) return [];
  const [before, after] = [first.members ?? [], second.members ?? []];
  const later = new Map(after.map((m) => [m.name, m]));
  const any = (differs: (m: ArchiveMember, other: ArchiveMember) => boolean): boolean =>
    before.some((m) => {
      const other = later.get(m.name);
      return other !== undefined && differs(m, other);
    });
  const found = [
    ...(before.some((m, index) => m.name !== after[index]?.name) || any(recordOrder) ? ["order"] : []),
    ...(any((m, o) => JSON.stringify(m.time) !== JSON.stringify(o.time)) ? ["times"] : []),
    ...(any((m, o) => m.mode !== o.mode) ? ["modes"] : []),
  ];
  return found.length === 0 ? ["header"] : found;
}

/** Whether two archives hold the same, whatever their packing. One whose members were not recorded holds nothing that could be compared. */
export function sameArchive(first: Archive, second: Archive): boolean {
  if (first.sha256 === second.sha256) return true;
  if (first.members === undefined || second.members === undefined) return false;
  const [before, after] = [contentOf(first), contentOf(second)];
  return (
    before.size === after.size &&
    [...before].every(([name, item]) => {
      const other = after.get(name);
      return other !== undefined && sameContent(item, other);
    })
  );
}

/** One finding per difference; more than `most` are counted in the last one. */
export function differenceFindings(rule: string, what: string, differences: readonly string[], most = 10): Finding[] {
  const shown = differences.slice(0, most).map((text) => ({ rule, message: `${what}: ${text}` }));
  if (differences.length <= most) return shown;
  return [...shown, { rule, message: `${what}: ${differences.length - most} more members differ` }];
}

type Content = ReadonlyMap<string, ArchiveMember>;

function contentOf(archive: Archive): Content {
  return new Map((archive.members ?? []).filter((m) => m.type !== "folder").map((m) => [m.name, m]));
}

function sameContent(a: ArchiveMember, b: ArchiveMember): boolean {
  return (
    a.type === b.type &&
    a.target === b.target &&
    executable(a) === executable(b) &&
    (a.lines ?? a.sha256) === (b.lines ?? b.sha256)
  );
}

function told(pair: ArchivePair, first: ArchiveMember, second: ArchiveMember): string {
  if (first.type !== second.type) return `a ${first.type} in one, a ${second.type} in the other`;
  if (first.target !== second.target) return `leads to ${first.target} in one, to ${second.target} in the other`;
  if (executable(first) !== executable(second)) return "executable in one, not in the other";
  const found = pair.differences.find((d) => d.member === first.name);
  if (found === undefined) return "its content differs";
  const [a, b] = [JSON.stringify(found.first), JSON.stringify(found.second)];
  return found.line === null ? `its content differs: ${a} and ${b}` : `line ${found.line} differs: ${a} and ${b}`;
}

function recordOrder(a: ArchiveMember, b: ArchiveMember): boolean {
  return a.lines !== undefined && a.lines === b.lines && a.sha256 !== b.sha256;
}

function executable(member: ArchiveMember): boolean {
  return (member.mode & 0o100) !== 0;
}

function isRecord(name: string): boolean {
  return /^[^/]+\.dist-info\/RECORD$/.test(name);
}
