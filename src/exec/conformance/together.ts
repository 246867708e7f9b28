/** Conformance: actions that an executor runs as one piece of work are as far apart as if each were run by itself. */
import { type ConformanceCase, expectEqual, expectThat, exported, inline, pythonAction, resolve } from "./case.ts";

/** Prints what it finds of its own and of others, and leaves marks wherever everybody may write. */
const LOOK = `
import json, os, sys, tempfile
shared = [f for f in ("/tmp", "/var/tmp", "/dev/shm") if os.path.isdir(f)]
found = sorted(n for f in shared for n in os.listdir(f) if n.startswith("conformance-together"))
own = sorted(os.listdir("in/app")), os.listdir("out/r"), os.listdir(os.path.expanduser("~")), os.listdir(tempfile.gettempdir())
for folder in shared + [os.path.expanduser("~"), "in/app"]:
    try:
        open(os.path.join(folder, "conformance-together"), "w").close()
    except OSError:
        pass
open("out/r/mine", "w").write(sys.argv[1])
print(json.dumps([found, own]))
sys.exit(int(sys.argv[1]))
`;

export const togetherCases: readonly ConformanceCase[] = [
  {
    title: "where actions are run together, each has its own result, and none finds what another left",
    run: async (h) => {
      const { executor } = h;
      if (executor.runTogether === undefined) return;
      const names = ["3", "0", "128"];
      const works = names.map(async (name) => {
        const inputs = { app: inline({ [`of-${name}`]: name }) };
        const action = pythonAction(h.nonce, { code: LOOK, args: [name], inputs, outputs: ["r"] });
        return { action, trees: await resolve(executor, action), onLine: () => undefined };
      });
      const admit = async () => () => undefined;
      const signal = new AbortController().signal;
      const outcomes = await executor.runTogether(await Promise.all(works), { signal, admit });
      expectEqual(outcomes.length, names.length, "how many results");
      for (const [index, name] of names.entries()) {
        const outcome = outcomes[index];
        if (outcome === undefined || outcome instanceof Error) throw new Error(`${name}: no result, but ${outcome}`);
        expectEqual(outcome.status, { kind: "exited", code: Number(name) }, `the status of ${name}`);
        expectEqual(JSON.parse(outcome.stdout), [[], [[`of-${name}`], [], [], []]], `what ${name} found`);
        expectEqual(await exported(h, outcome.outputs["r"]), { mine: name }, `the output of ${name}`);
      }
    },
  },
  {
    title: "where actions are run together, one that takes too long is ended, and the next is run",
    run: async (h) => {
      const { executor } = h;
      if (executor.runTogether === undefined) return;
      const scripts = [
        { code: "import time; time.sleep(600)", action: { timeoutSeconds: 2 } },
        { code: "print('after')", action: {} },
      ];
      const works = scripts.map(async (script) => {
        const action = pythonAction(h.nonce, script);
        return { action, trees: await resolve(executor, action), onLine: () => undefined };
      });
      const signal = new AbortController().signal;
      const [late, next] = await executor.runTogether(await Promise.all(works), {
        signal,
        admit: async () => () => undefined,
      });
      expectThat(late !== undefined && !(late instanceof Error), `the first has no result: ${late}`);
      expectEqual((late as { status?: unknown }).status, { kind: "timed-out", afterSeconds: 2 }, "the first status");
      expectEqual((next as { stdout?: unknown }).stdout, "after\n", "what the second printed");
    },
  },
];
