/**
 * Whether the environment held the project, what its lock names, and nothing else.
 */

import type { Finding } from "../../step.ts";
import { normalName } from "../distribution-name.ts";
import type { InstalledEnvironment } from "./records.ts";

/** One finding per distribution that neither the lock nor the project explains, and one where the project is missing. */
export function strangers(environment: InstalledEnvironment, lock: string): Finding[] {
  const locked = lockedVersions(lock);
  const project = environment.wheels.map((name) => normalName(name.split("-")[0] ?? ""));
  const installed = environment.distributions.map((d) => ({ name: normalName(d.name ?? ""), version: d.version }));
  const found = installed
    .filter(({ name }) => !project.includes(name))
    .filter(({ name, version }) => locked.get(name)?.has(normalVersion(version)) !== true)
    .map(({ name, version }) => ({
      rule: "undeclared-distribution",
      message: `${name} ${version} is installed, but neither in the lock nor the project`,
    }));
  const missing = project
    .filter((name) => !installed.some((d) => d.name === name))
    .map((name) => ({ rule: "project-not-installed", message: `${name} is not installed where its tests run` }));
  if (project.length === 1) return [...found, ...missing];
  return [
    ...found,
    { rule: "project-not-installed", message: `${project.length} project wheels were at hand, not one` },
  ];
}

/** Name → versions; a lock for several platforms may hold one name more than once. */
function lockedVersions(lock: string): Map<string, Set<string>> {
  const versions = new Map<string, Set<string>>();
  for (const line of lock.split("\n")) {
    const [, name, version] = /^([A-Za-z0-9][A-Za-z0-9._-]*)(?:\[[^\]]*\])?\s*==\s*([^\s;\\]+)/.exec(line) ?? [];
    if (name === undefined || version === undefined) continue;
    const known = versions.get(normalName(name)) ?? new Set();
    versions.set(normalName(name), known.add(normalVersion(version)));
  }
  return versions;
}

/** Enough of PEP 440 for versions that tools have written: case, a leading `v`, trailing `.0`. */
function normalVersion(version: string): string {
  return version
    .toLowerCase()
    .replace(/^v/, "")
    .replace(/(?:\.0)+$/, "");
}
