/**
 * The `build-dist` check: wheel and sdist as they would be published. Built under two circumstances and compared, looked at with the field's own
 * tools, and with one version everywhere. Its folder `dist` is what a release takes.
 */
import { posix } from "node:path";
import { judgeDist } from "./build-dist/judge.ts";
import { harness, toolAction, toolEnvironment } from "./common/tool-action.ts";
import { onPackagingApp } from "./project/app.ts";
import { packageSources } from "./project/packages.ts";
import { firstPython, once, projectDist } from "./project.ts";
import type { Step, StepContext } from "./step.ts";

/** The files of a package that hold `__version__` by custom. */
const VERSION_FILES = ["__init__.py", "__about__.py", "_version.py", "version.py", "__version__.py"];
const CHANGELOG = /^(?:changelog|changes|history|news)(?:\.(?:md|rst|txt))?$/i;

const ID = "build-dist";

export const buildDist: Step = {
  id: ID,
  title: "Wheel and sdist",
  requirements: ["C9"],
  goals: ["pr-checks"],
  needs: [],
  perPython: false,
  paths: () => ["."],
  plan: (context) => {
    const { skip, timeoutSeconds } = context.config.checks[ID];
    if (skip !== undefined) return { skip };
    const dist = projectDist(context);
    const told = tellers(context);
    const look = toolAction(context, {
      id: `${context.prefix}/look`,
      argv: [
        { tool: "python", env: "twine" },
        "-I",
        { in: "harness", path: "harness.py" },
        { out: "report" },
        { in: "dist" },
        ...told.changelog.map((path) => `--changelog=${path}`),
        ...told.code.map((path) => `--code=${path}`),
      ],
      cwd: "app",
      inputs: {
        app: context.project(["*.toml", "*.cfg", "tox.ini", ...told.changelog, ...told.code]),
        dist: dist.offered,
        harness: harness("src/steps/common/voicekey_observe.py", "src/steps/build-dist/harness.py"),
      },
      outputs: ["report"],
      python: firstPython(context),
      environments: { twine: toolEnvironment("twine") },
      timeoutSeconds,
    });
    return { actions: once(dist.actions, [{ name: "look", action: look }]) };
  },
  judge: judgeDist,
  tripwires: [
    onPackagingApp(ID, "timestamp-in-generated-file", "a build that writes the date into a module", [
      { rule: "not-reproducible", message: "smallvoice/_built.py: line 3 differs" },
    ]),
    onPackagingApp(ID, "parts-disagree", "an sdist without a data file, and versions that disagree", [
      { rule: "sdist-differs", message: "smallvoice/data/phrases.list is missing in the wheel of the sdist" },
      { rule: "versions-differ", message: "__version__ in src/smallvoice/__init__.py" },
    ]),
  ],
};

/** Files that name a version. */
function tellers(context: StepContext): { readonly changelog: readonly string[]; readonly code: readonly string[] } {
  const code = packageSources(context).flatMap(({ path, files }) => {
    const own = new Set([...files.values()].map((e) => e.path));
    return [path, ...VERSION_FILES.map((name) => posix.join(path, name))].filter((p) => own.has(p));
  });
  const changelog = context.manifest.entries.map((e) => e.path).filter((path) => CHANGELOG.test(path));
  return { changelog: changelog.slice(0, 1), code };
}
