/**
 * Whether the files that git knows of the packages are installed, byte for byte: data files are what goes missing.
 */
import { globMatcher } from "../../exec/manifest.ts";
import { packageSources } from "../project/packages.ts";
import type { Finding, StepContext } from "../step.ts";
import type { Probe } from "./records.ts";

/** Files that speak to git alone. */
const GIT_OWN = /(?:^|\/)\.(?:gitignore|gitkeep|gitattributes)$/;
const MOST = 10;

export function fileFindings(probe: Probe, context: StepContext): Finding[] {
  const leftOut = new Set(leftOutPaths(context));
  const found = expected(context)
    .filter(({ source }) => !leftOut.has(source))
    .flatMap(({ source, installed, sha256 }): Finding[] => {
      const there = probe.files[installed];
      if (there === sha256) return [];
      return there === undefined
        ? [{ rule: "file-missing", message: `${source} is not installed`, path: source }]
        : [{ rule: "file-differs", message: `${source} is installed with other content`, path: source }];
    });
  if (found.length <= MOST) return found;
  const more = found.length - MOST;
  return [...found.slice(0, MOST), { rule: "file-missing", message: `${more} more files are missing or differ` }];
}

/** Source paths that `leave-out` names. */
export function leftOutPaths(context: StepContext): string[] {
  const globs = Object.keys(context.config.checks["install-smoke"].leaveOut);
  if (globs.length === 0) return [];
  const matches = globMatcher(globs);
  return expected(context).flatMap(({ source }) => (matches(source) ? [source] : []));
}

/** Globs of `leave-out` that no file matches: they excuse nothing, and may be misspelt. */
export function unusedLeaveOuts(context: StepContext): string[] {
  const sources = expected(context).map((f) => f.source);
  return Object.keys(context.config.checks["install-smoke"].leaveOut).filter((glob) => {
    const matches = globMatcher([glob]);
    return !sources.some(matches);
  });
}

interface ExpectedFile {
  /** Relative to the app's root. */
  readonly source: string;
  /** Below the folder that packages are installed into. */
  readonly installed: string;
  readonly sha256: string;
}

function expected(context: StepContext): ExpectedFile[] {
  return packageSources(context).flatMap(({ files }) =>
    [...files]
      .filter(([, entry]) => !GIT_OWN.test(entry.path))
      .map(([installed, { path, sha256 }]) => ({ source: path, installed, sha256 })),
  );
}
