/** A run with nothing there yet: against the same tools by hand, against what the machine allows, and with and without proofs. */
import { existsSync, mkdirSync } from "node:fs";
import { availableParallelism } from "node:os";
import path from "node:path";
import type { Config } from "../../../src/config/model.ts";
import { REPOSITORY } from "../../files.ts";
import { type Checked, check, copyApp } from "../app.ts";
import { criticalPath } from "../critical-path.ts";
import type { Figure } from "../figures.ts";
import { inTemporaryFolder, interpreter, measure, type Usage } from "../machine.ts";

export async function cold(): Promise<Figure[]> {
  return inTemporaryFolder(async (folder) => {
    const app = path.join(folder, "app");
    const config = await copyApp(app);
    const proved = check(app, path.join(folder, "store-1"), path.join(folder, "evidence-1"));
    const unproved = check(app, path.join(folder, "store-2"), path.join(folder, "evidence-2"), "--no-prove");
    const pythons = versionsThatRan(config, proved);
    const hand = (["uv", "pip"] as const).map((installer) => ({
      installer,
      ...byHand(app, config, pythons, installer, folder),
    }));
    const cores = availableParallelism();
    const bound = (run: Checked) => Math.max(criticalPath(run.evidence), run.cpu / cores);
    const [uv, pip] = hand;
    if (uv === undefined || pip === undefined) throw new Error("nothing was measured by hand");
    const what = `${pythons.length} interpreter(s), ${cores} cores, every store and download cache empty`;
    return [
      { name: "cold run, proved", value: proved.wall, unit: "s", how: what },
      { name: "cold run, --no-prove", value: unproved.wall, unit: "s", how: what },
      { name: "by hand with uv", value: uv.wall, unit: "s", how: "one after another, no proofs" },
      { name: "by hand with pip", value: pip.wall, unit: "s", how: "one after another, no proofs" },
      { name: "cold, proved / by hand with uv", value: proved.wall / uv.wall, unit: "×", goal: 0.6, how: "same run" },
      { name: "cold, proved / by hand with pip", value: proved.wall / pip.wall, unit: "×", goal: 0.6, how: "same run" },
      {
        name: "cold, --no-prove / by hand with uv",
        value: unproved.wall / uv.wall,
        unit: "×",
        goal: 0.6,
        how: "same work on both sides",
      },
      {
        name: "cold / max(critical path, CPU / cores)",
        value: proved.wall / bound(proved),
        unit: "×",
        goal: 1.1,
        how: `critical path ${criticalPath(proved.evidence).toFixed(1)} s, CPU ${proved.cpu.toFixed(1)} s; downloads count as waiting`,
      },
      {
        name: "what proving adds to a cold run",
        value: proved.wall - unproved.wall,
        unit: "s",
        how: "proved − not proved",
      },
    ];
  });
}

/** By hand the same versions are tried that the pipeline did not have to refuse. */
function versionsThatRan(config: Config, { verdict }: Checked): string[] {
  const refused = new Set(verdict.steps.filter((s) => s.outcome === "refused").map((s) => s.python));
  return config.python.versions
    .filter((v) => !refused.has(v))
    .map((v) => {
      const found = interpreter(v);
      if (found === undefined)
        throw new Error(`the pipeline ran Python ${v} and this script finds no such interpreter`);
      return found;
    });
}

function byHand(
  app: string,
  config: Config,
  pythons: readonly string[],
  installer: "uv" | "pip",
  folder: string,
): Usage {
  const work = path.join(folder, `by-hand-${installer}`);
  mkdirSync(work);
  const { lock, buildLock } = config.python;
  if (lock === undefined || buildLock === undefined || !existsSync(path.join(app, lock)))
    throw new Error("the application has no locks");
  const { checks } = config;
  return measure(
    [path.join(import.meta.dirname, "../by-hand.sh"), work, path.join(REPOSITORY, "src/toolchains"), ...pythons],
    {
      cwd: app,
      env: {
        INSTALLER: installer,
        FORMAT_PATHS: checks.format.paths.join(),
        LINT_PATHS: checks.lint.paths.join(),
        TYPES_PATHS: checks.types.paths.join(),
        TYPES_STRICT: checks.types.strict ? "yes" : "",
        TESTS_PATHS: checks["unit-tests"].paths.join(),
        SMOKE_PATHS: [...checks["integration-smoke"].paths, "tests/hybrid"].join(),
        PERF_PATHS: "tests/perf",
        EXTRAS: config.python.extras.join(),
        COMMANDS: checks["install-smoke"].commands.map((c) => c.run.join(" ")).join("\n"),
        PACKAGES: config.python.packages.join(),
        APP_LOCK: lock,
        BUILD_LOCK: buildLock,
        // As empty as the pipeline's own store: both sides download everything.
        XDG_CACHE_HOME: path.join(work, "cache"),
        PIP_CACHE_DIR: path.join(work, "cache/pip"),
        UV_CACHE_DIR: path.join(work, "cache/uv"),
        PYTHONDONTWRITEBYTECODE: "1",
      },
    },
  );
}
