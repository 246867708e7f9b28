/**
 * The `install-smoke` check: the wheel, and the wheel that the sdist makes, each in a clean environment of its runtime dependencies, on each
 * supported Python, away from the source. The source is no input at all: what should be installed, the manifest says.
 */
import type { InlineRef } from "../exec/action.ts";
import { harness, toolAction, toolEnvironment } from "./common/tool-action.ts";
import { judgeInstall } from "./install-smoke/judge.ts";
import { onPackagingApp } from "./project/app.ts";
import { once, projectDist, runtimeLock, sdistWheel } from "./project.ts";
import type { Step, StepContext } from "./step.ts";

const ID = "install-smoke";

export const installSmoke: Step = {
  id: ID,
  title: "Installed as by a user",
  requirements: ["C9"],
  goals: ["pr-checks"],
  needs: [],
  perPython: true,
  paths: () => ["."],
  plan: (context) => {
    const { skip, timeoutSeconds } = context.config.checks[ID];
    if (skip !== undefined) return { skip };
    const dist = projectDist(context);
    const ofSdist = sdistWheel(context);
    const lock = runtimeLock(context);
    const run = toolAction(context, {
      id: `${context.prefix}/run`,
      argv: [
        { tool: "python", env: "packaging" },
        "-I",
        { in: "harness", path: "harness.py" },
        { out: "report" },
        { in: "settings", path: "settings.json" },
        { in: "wheel" },
        { tool: "python", env: "wheel" },
        { in: "of-sdist" },
        { tool: "python", env: "wheel-of-sdist" },
      ],
      inputs: {
        settings: settings(context),
        wheel: dist.offered,
        "of-sdist": ofSdist.ref,
        harness: harness(
          "src/steps/common/voicekey_observe.py",
          "src/steps/project/voicekey_requirements.py",
          "src/steps/install-smoke/probe.py",
          "src/steps/install-smoke/harness.py",
        ),
      },
      outputs: ["report"],
      python: context.python,
      environments: {
        packaging: toolEnvironment("packaging"),
        wheel: { lock: lock.ref, project: dist.offered },
        "wheel-of-sdist": { lock: lock.ref, project: ofSdist.ref },
      },
      timeoutSeconds,
    });
    return { actions: once(dist.actions, ofSdist.actions, lock.actions, [{ name: "run", action: run }]) };
  },
  judge: judgeInstall,
  tripwires: [
    onPackagingApp(
      ID,
      "incomplete-wheel",
      "a wheel without its data file and its subpackage, that imports what no dependency brings",
      [
        { rule: "file-missing", path: "src/smallvoice/data/phrases.list" },
        { rule: "file-missing", path: "src/smallvoice/commands/__init__.py" },
        { rule: "import-failed", path: "src/smallvoice/undeclared.py", message: "voicekey_poison_package" },
      ],
    ),
    onPackagingApp(ID, "empty-wheel", "a wheel that installs no code, and a command that cannot start", [
      { rule: "package-missing", message: "smallvoice" },
      { rule: "entry-point-broken", message: "smallvoice.cli:main" },
      { rule: "command-failed", message: "smallvoice --help" },
    ]),
  ],
};

/** Each command, and the import of everything, may take a quarter of the check's time. */
function settings({ config }: StepContext): InlineRef {
  const { commands, timeoutSeconds } = config.checks[ID];
  const asked = commands.map(({ run }) => ({ run }));
  const { packages, extras } = config.python;
  const content = { packages, extras, commands: asked, seconds: timeoutSeconds / 4 };
  return { kind: "inline", files: { "settings.json": `${JSON.stringify(content)}\n` } };
}
