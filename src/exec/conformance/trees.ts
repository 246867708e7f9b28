/** Conformance: what a command sees of its inputs, and what is kept of its outputs. */
import * as fs from "node:fs/promises";
import * as path from "node:path";
import {
  type ConformanceCase,
  expectEqual,
  expectExit,
  expectThat,
  exported,
  inline,
  python,
  pythonAction,
  resolve,
} from "./case.ts";

/** Prints path → text of everything below the working folder, links as `-> target`, executable files with a `*`. */
const SHOW = `
import json, os
seen = {}
for folder, folders, files in os.walk("."):
    for name in files + [f for f in folders if os.path.islink(os.path.join(folder, f))]:
        p = os.path.join(folder, name)
        shown = os.path.relpath(p, ".").replace(os.sep, "/")
        if os.path.islink(p):
            seen[shown] = "-> " + os.readlink(p)
        else:
            with open(p, encoding="utf-8", newline="") as f:
                seen[shown + ("*" if os.access(p, os.X_OK) and os.name == "posix" else "")] = f.read()
print(json.dumps(seen, sort_keys=True))
`;

export const treeCases: readonly ConformanceCase[] = [
  {
    title: "a command sees exactly the files of its input, byte for byte",
    run: async (h) => {
      const files = {
        "a.txt": "one\r\ntwo",
        "deep/er/b.txt": "",
        "é ü/snow ☃.txt": "☃",
        " lead": "x",
        'it\'s $HOME `x` "q"': "q",
      };
      const result = await python(h, { code: SHOW, inputs: { app: inline(files) }, action: { cwd: "app" } });
      expectExit(result);
      expectEqual(JSON.parse(result.stdout), sortedKeys(files), "the files in the input's folder");
    },
  },
  {
    title: "an input that was not declared is not there",
    run: async (h) => {
      const result = await python(h, {
        code: "import os, json; print(json.dumps(sorted(os.listdir('in')))); open('in/other/b.txt')",
        inputs: { app: inline({ "a.txt": "a" }) },
      });
      expectExit(result, 1);
      expectEqual(JSON.parse(result.stdout), ["app"], "the folders below in/");
    },
  },
  {
    title: "paths of inputs and outputs are relative to the folder that the command starts in",
    run: async (h) => {
      const args = [
        { in: "app", path: "x/a.txt" },
        { in: "more", prefix: "--more=" },
        { out: "report", path: "r.txt", prefix: "--to=" },
      ];
      const run = (cwd?: string) =>
        python(h, {
          code: "import json, sys; print(json.dumps(sys.argv[1:])); open(sys.argv[1]); open(sys.argv[3][5:], 'w')",
          args,
          inputs: { app: inline({ "x/a.txt": "a" }), more: inline({ b: "" }) },
          outputs: ["report"],
          action: cwd === undefined ? {} : { cwd },
        });
      const [top, inside] = [await run(), await run("app")];
      expectExit(top);
      expectExit(inside);
      expectEqual(
        JSON.parse(top.stdout),
        ["in/app/x/a.txt", "--more=in/more", "--to=out/report/r.txt"],
        "paths from the top",
      );
      expectEqual(
        JSON.parse(inside.stdout),
        ["x/a.txt", "--more=../more", "--to=../../out/report/r.txt"],
        "paths from the input",
      );
    },
  },
  {
    title: "outputs are kept, also of a command that fails",
    run: async (h) => {
      const result = await python(h, {
        code: "import os, sys; os.makedirs('out/r/d é'); open('out/r/d é/f 1.txt','w',encoding='utf-8').write('☃'); open('out/s/e','w'); sys.exit(3)",
        outputs: ["r", "s"],
      });
      expectExit(result, 3);
      expectEqual(await exported(h, result.outputs["r"]), { "d é/f 1.txt": "☃" }, "the first output");
      expectEqual(await exported(h, result.outputs["s"]), { e: "" }, "the second output");
    },
  },
  {
    title: "an output folder that the command removed is an empty output",
    run: async (h) => {
      const result = await python(h, { code: "import os, sys; os.rmdir('out/r'); sys.exit(1)", outputs: ["r"] });
      expectExit(result, 1);
      expectEqual(await exported(h, result.outputs["r"]), {}, "the output");
    },
  },
  {
    title: "an output can be the input of the next command, executable bits and links included",
    run: async (h) => {
      const made = await python(h, {
        code: "import os; open('out/r/run.sh','w').write('x'); os.chmod('out/r/run.sh', 0o755); open('out/r/plain','w').write('y'); os.symlink('plain','out/r/link')",
        outputs: ["r"],
      });
      expectExit(made);
      const tree = made.outputs["r"];
      if (tree === undefined) throw new Error("the output is missing");
      const action = pythonAction(h.nonce, { code: SHOW, inputs: { app: inline({}) }, action: { cwd: "app" } });
      const trees = { ...(await resolve(h.executor, action)), inputs: { app: tree } };
      const seen = await h.executor.run(action, trees, {
        signal: new AbortController().signal,
        onLine: () => undefined,
        admit: async () => () => undefined,
      });
      expectExit(seen);
      expectEqual(
        JSON.parse(seen.stdout),
        { link: "-> plain", plain: "y", "run.sh*": "x" },
        "the output laid out again",
      );
    },
  },
  {
    title: "what a command does to its input changes nothing for the next",
    run: async (h) => {
      const inputs = { app: inline({ "a.txt": "kept" }) };
      expectExit(await python(h, { code: "open('in/app/a.txt','w').write('spoilt'); open('in/app/b','w')", inputs }));
      const next = await python(h, { code: SHOW, inputs, action: { cwd: "app" } });
      expectEqual(JSON.parse(next.stdout), { "a.txt": "kept" }, "the input of the second command");
    },
  },
  {
    title: "an overlay replaces files of the same path and keeps the others",
    run: async (h) => {
      const app = {
        kind: "overlay" as const,
        lower: inline({ "a.txt": "lower", "b/c.txt": "lower" }),
        upper: inline({ "b/c.txt": "upper", "d.txt": "upper" }),
      };
      const result = await python(h, { code: SHOW, inputs: { app }, action: { cwd: "app" } });
      expectEqual(JSON.parse(result.stdout), { "a.txt": "lower", "b/c.txt": "upper", "d.txt": "upper" }, "the overlay");
    },
  },
  {
    title: "a folder of this machine can be imported and exported unchanged",
    run: async (h) => {
      const folder = await h.freshFolder();
      await fs.mkdir(path.join(folder, "ü b"));
      await fs.writeFile(path.join(folder, "ü b", "t.txt"), "text\r\n");
      await fs.writeFile(path.join(folder, "top"), "");
      const tree = await h.executor.import(folder);
      expectEqual(await exported(h, tree), { top: "", "ü b/t.txt": "text\r\n" }, "the exported folder");
    },
  },
  {
    title: "a history holds the commits up to its end and none after it",
    run: async (h) => {
      if (h.history === undefined) throw new Error("the harness gave no history to try this with");
      const { first, second, addedBySecond } = h.history;
      const early = await exported(h, await h.executor.tree({ kind: "history", oid: first }));
      const late = await exported(h, await h.executor.tree({ kind: "history", oid: second }));
      expectThat("HEAD" in early && "HEAD" in late, "a history must be a bare repository with a HEAD");
      const text = (tree: Record<string, string>) => Object.values(tree).join("\n");
      expectThat(text(early).includes(first), `no ref of the history up to ${first} points at it`);
      expectThat(!text(early).includes(second), `the history up to ${first} knows the later commit ${second}`);
      expectThat(text(late).includes(second), `no ref of the history up to ${second} points at it`);
      expectThat(!Object.keys(early).includes(addedBySecond), "a history must not be a checkout");
    },
  },
  {
    title: "git's own words come through where it fails, whatever its exit status",
    run: async (h) => {
      if (h.gitFailure === undefined) throw new Error("the harness gave no git to try this with");
      const words = await h.gitFailure();
      expectThat(/no-such-file/.test(words) && /128/.test(words), `expected status 128 and git's words, got: ${words}`);
    },
  },
];

function sortedKeys(record: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)));
}
