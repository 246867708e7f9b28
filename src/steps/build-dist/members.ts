/**
 * What an archive holds that none may hold: names and links that lead out of it, caches, tests beside the packages. Archives are hostile input.
 */
import type { Config } from "../../config/model.ts";
import { isBelow } from "../common/observed.ts";
import type { Finding } from "../step.ts";
import type { Archive, ArchiveMember } from "./records.ts";

const CACHES =
  /(?:^|\/)(?:__pycache__|\.(?:mypy|ruff|pytest)_cache|\.git|\.venv|\.DS_Store|Thumbs\.db)(?:\/|$)|\.py[co]$/;
const TESTS = /^(?:tests?|testing)\/|^(?:conftest|test_[^/]*|[^/]*_test)\.py$/;

export function wheelFindings(archive: Archive, config: Config): Finding[] {
  const members = archive.members ?? [];
  const own = new Set(config.python.packages.map((name) => name.split(".")[0] ?? ""));
  const tests = members.filter((m) => TESTS.test(m.name) && !own.has(m.name.split(/[/.]/)[0] ?? ""));
  return [
    ...unreadable(archive),
    ...unsafe(archive, members, () => "a wheel holds no links"),
    ...caches(archive, members),
    ...tests.slice(0, 3).map((m) => ({
      rule: "holds-tests",
      message: `${archive.file} would install ${m.name} beside the application's packages`,
    })),
  ];
}

export function sdistFindings(archive: Archive): Finding[] {
  const members = archive.members ?? [];
  const tops = [...new Set(members.map((m) => m.name.split("/")[0] ?? ""))];
  const single =
    tops.length === 1 || archive.members === undefined
      ? []
      : [
          {
            rule: "unsafe-member",
            message: `${archive.file} must unpack into one folder, and holds ${tops.slice(0, 5).join(", ")}`,
          },
        ];
  return [...unreadable(archive), ...single, ...unsafe(archive, members, linkProblem), ...caches(archive, members)];
}

/** How many of the application's tests an sdist holds. None is common, and no fault: whoever packages it for a distribution will miss them. */
export function testsIn(archive: Archive, config: Config): number {
  const paths = [...config.checks["unit-tests"].paths, ...config.checks["integration-smoke"].paths];
  return (archive.members ?? []).filter((m) => {
    const inside = m.name.split("/").slice(1).join("/");
    return m.type === "file" && inside.endsWith(".py") && paths.some((path) => isBelow(inside, path));
  }).length;
}

function unreadable(archive: Archive): Finding[] {
  return archive.error === undefined
    ? []
    : [{ rule: "unreadable", message: `${archive.file} cannot be read: ${archive.error}` }];
}

function unsafe(
  archive: Archive,
  members: readonly ArchiveMember[],
  link: (member: ArchiveMember) => string | undefined,
): Finding[] {
  const seen = new Set<string>();
  return members.flatMap((member) => {
    const name = member.type === "folder" ? member.name.replace(/\/$/, "") : member.name;
    const problem =
      nameProblem(name) ??
      (member.type === "other" ? "it is neither a file nor a folder" : undefined) ??
      (member.type === "link" ? link(member) : undefined) ??
      (member.type !== "folder" && seen.has(name) ? "the name stands there twice" : undefined);
    seen.add(name);
    if (problem === undefined) return [];
    return [{ rule: "unsafe-member", message: `${archive.file} holds ${JSON.stringify(member.name)}: ${problem}` }];
  });
}

function nameProblem(name: string): string | undefined {
  if (/[\p{Cc}\\]/u.test(name)) return "the name has a control character or a backslash";
  if (name.startsWith("/") || /^[A-Za-z]:/.test(name)) return "the path is absolute";
  if (name.split("/").some((part) => part === "" || part === "." || part === ".."))
    return "the path is not plainly relative";
  return undefined;
}

/** A link of an sdist may lead to another member, never out of its folder. */
function linkProblem({ name, target = "" }: ArchiveMember): string | undefined {
  if (target === "" || nameProblem(target.replace(/^(?:\.\.?\/)+/, "")) !== undefined) return `it leads to ${target}`;
  let depth = name.split("/").length - 1;
  for (const part of target.split("/")) {
    if (part === "..") depth -= 1;
    else if (part !== ".") depth += 1;
    if (depth < 1) return `it leads out of the archive, to ${target}`;
  }
  return undefined;
}

function caches(archive: Archive, members: readonly ArchiveMember[]): Finding[] {
  const found = members.filter((m) => m.type !== "folder" && CACHES.test(m.name));
  const [first] = found;
  if (first === undefined) return [];
  const more = found.length === 1 ? "" : ` and ${found.length - 1} more`;
  return [
    { rule: "holds-caches", message: `${archive.file} holds what a tool left behind by chance: ${first.name}${more}` },
  ];
}
