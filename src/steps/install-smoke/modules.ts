/**
 * Whether every module can be imported with the runtime dependencies alone. A module that cannot be here for a stated reason is no finding.
 */
import { packageSources } from "../project/packages.ts";
import type { Finding, StepContext } from "../step.ts";
import { leftOutPaths } from "./files.ts";
import type { Probe, Trial } from "./records.ts";

export function moduleFindings(trial: Trial, probe: Probe, context: StepContext): Finding[] {
  const sources = new Map(packageSources(context).flatMap(({ files }) => [...files].map(([at, e]) => [at, e.path])));
  const leftOut = new Set(leftOutPaths(context));
  const failed = probe.modules.filter((m) => m.error !== undefined);
  return failed.flatMap((m): Finding[] => {
    const path = sources.get(m.file);
    if (path !== undefined && leftOut.has(path)) return [];
    if (m.missing !== undefined && isElsewhere(m.missing, trial, probe)) return [];
    return [
      {
        rule: "import-failed",
        message: `${m.module} cannot be imported: ${m.error}${hint(m.missing)}`,
        ...(path === undefined ? {} : { path }),
      },
    ];
  });
}

/** A module of Python's own on other systems, or a distribution of that name which is required only there or by an extra. */
function isElsewhere(missing: string, trial: Trial, probe: Probe): boolean {
  const name = missing.replace(/[-_.]+/g, "-").toLowerCase();
  return probe.stdlib.includes(missing) || trial.inactive.includes(name);
}

function hint(missing: string | undefined): string {
  if (missing === undefined || missing === "") return "";
  return "; declare the dependency, or, if only an extra brings it, name the module's file in `leave-out`";
}
