import { describe, expect, it } from "vitest";
import { APP, complaint, type Tree } from "./repository.ts";

const yaml = (text: string): Tree => ({ ...APP, "pipeline.yaml": text });
const HASHES = "numpy==2.0.0 \\\n    --hash=sha256:00\n";

const cases: Record<string, Tree> = {
  "an empty file": yaml(""),
  "a file of comments only": yaml("# nothing\n"),
  "a list": yaml("- schema: 1\n"),
  "a sentence": yaml("hello world\n"),
  "a binary file": { ...APP, "pipeline.yaml": new Uint8Array([0x7f, 0x45, 0x4c, 0x46, 0, 0, 1]) },
  "UTF-16 text": { ...APP, "pipeline.yaml": new Uint8Array(Buffer.from("\ufeffschema: 1\n", "utf16le")) },
  "Latin-1 text": { ...APP, "pipeline.yaml": new Uint8Array(Buffer.from("schema: 1 # é\n", "latin1")) },
  "a file of two megabytes": yaml(`schema: 1\n${"# filler filler filler\n".repeat(100_000)}`),
  "a folder of that name": { ...APP, "pipeline.yaml": { folder: true } },
  "a link that leads nowhere": { ...APP, "pipeline.yaml": { link: "gone.yaml" } },
  "a link that leads back to itself": { ...APP, "pipeline.yaml": { link: "pipeline.yaml" } },
  "a link out of the repository": { ...APP, "pipeline.yaml": { link: "/etc/hostname" } },
  "a bracket that is not closed": yaml("schema: 1\npython: { versions: [\n"),
  "a tab as indentation": yaml("schema: 1\napp:\n\tname: x\n"),
  "wrong indentation": yaml("schema: 1\napp:\n   name: x\n  root: .\n"),
  "keys that stand twice": yaml("schema: 1\nschema: 1\napp: { name: a, name: b }\nchekcs: {}\n"),
  "two documents": yaml("schema: 1\n---\nschema: 1\n"),
  "a tag that would make an object": yaml("schema: 1\napp: !!python/object:os.system { name: x }\n"),
  "an alias bomb": yaml(
    `a: &a [x,x,x,x,x,x,x,x,x]\n${"bcdefgh"
      .split("")
      .map((c, i) => {
        const before = "abcdefg"[i];
        return `${c}: &${c} [${Array(9).fill(`*${before}`).join(",")}]\n`;
      })
      .join("")}`,
  ),
  "an alias of nothing": yaml("schema: 1\napp: *gone\n"),
  "ten thousand brackets": yaml("[".repeat(10_000)),
  "ten thousand closed brackets": yaml(`${"[".repeat(10_000)}${"]".repeat(10_000)}`),
  "a key called __proto__": yaml(
    "schema: 1\n__proto__: { polluted: 1 }\nchecks: { unit-tests: { env: { __proto__: x } } }\n",
  ),
  "keys that are no text": yaml("schema: 1\n? [a, b]\n: 1\n"),
  "no schema version": yaml("app: { name: voice }\n"),
  "a later schema version": yaml("schema: 2\n"),
  "unquoted versions": yaml("schema: 1\npython: { versions: [3.10, 3.11, 3.12] }\n"),
  "versions that are not supported": yaml('schema: 1\npython: { versions: ["3.9", "2.7"] }\n'),
  "a version that stands twice": yaml('schema: 1\npython: { versions: ["3.12", "3.12"] }\n'),
  "a version that requires-python refuses": {
    ...yaml('schema: 1\npython: { versions: ["3.11", "3.12"] }\n'),
    "pyproject.toml": '[project]\nname = "voice"\nrequires-python = ">=3.12"\n',
  },
  "unknown keys at every level": yaml(
    "schema: 1\nbase_branch: main\nversions: []\nPython: { packges: [voice] }\nchecks: { lint: { exclude: [x] }, integration: {} }\n",
  ),
  "a misspelt schema key, told once": yaml("shcema: 1\n"),
  "keys without values": yaml("schema: 1\napp:\nchecks:\n  lint:\n  types: { paths: }\n"),
  "values of the wrong kind": yaml(
    "schema: 1\napp: voice\npython: { packages: voice, extras: { a: 1 }, lock: 5 }\nchecks: { types: { strict: yes }, unit-tests: { timeout: 1.5, coverage: high } }\n",
  ),
  "numbers out of range": yaml(
    "schema: 1\nchecks: { lint: { timeout: 0 }, types: { timeout: 999999 }, unit-tests: { coverage: 101 } }\n",
  ),
  "an empty list of paths": yaml("schema: 1\nchecks: { lint: { paths: [] } }\n"),
  "skips without a reason": yaml(
    'schema: 1\nchecks: { lint: { skip: "" }, types: { skip: "  " }, format: { skip: true } }\n',
  ),
  "names that would be options or devices": yaml(
    "schema: 1\napp: { name: con }\npython: { packages: [-rf], extras: [--index], groups: ['a b'] }\nbase-branch: --upload-pack=touch\n",
  ),
  "a name that leaves its folder": yaml("schema: 1\napp: { name: ../../etc }\n"),
  "a value that would steer the terminal": yaml(
    'schema: 1\napp: { name: "a\\u001b[2Jb\\u202ec" }\n"k\\u001b[31m": 1\n',
  ),
  "branches that are no refs": yaml("schema: 1\nbase-branch: a..b\n"),
  "images without a digest, or with an unknown key": yaml(
    "schema: 1\nimages:\n  python-3.11: mirror.example/python:3.11\n  pyton-3.12: mirror.example/python@sha256:00\n",
  ),
  "environment variables that are the pipeline's, or no names": yaml(
    'schema: 1\nchecks: { unit-tests: { env: { PATH: /bin, PYTHONPATH: src, 1A: x, PORT: 8080 }, args: ["a\\nb"], imports: instaled } }\n',
  ),
  "paths that are not there": yaml(
    "schema: 1\npython: { lock: gone.lock, build-lock: src }\nchecks:\n  lint: { paths: [src, sources] }\n  unit-tests:\n    paths:\n      - tests/unti\n",
  ),
  "paths that leave the app": {
    ...yaml(
      'schema: 1\nbaseline: escape\nchecks: { lint: { paths: [../x, /etc, "C:/x", "a\\\\b", -x, "src/*", "", escape, "src/../../x"] } }\n',
    ),
    escape: { link: "/etc" },
  },
  "links that lead nowhere or back to themselves": {
    ...yaml("schema: 1\nchecks: { lint: { paths: [dangling, loop] } }\n"),
    dangling: { link: "gone" },
    loop: { link: "loop" },
  },
  "an app's root that is not there": yaml(
    "schema: 1\napp: { root: apps/voice }\nchecks: { lint: { paths: [nope] } }\n",
  ),
  "an app's root that is a file": yaml("schema: 1\napp: { root: pyproject.toml }\n"),
  "an app's root outside": yaml("schema: 1\napp: { root: .. }\n"),
  "a lock without hashes": { ...yaml("schema: 1\npython: { lock: deps.lock }\n"), "deps.lock": "numpy==2.0.0\n" },
  "a broken pyproject.toml": { ...yaml("schema: 1\nappp: {}\n"), "pyproject.toml": '[project]\nname = = "voice"\n' },
  "a pyproject.toml that is a folder": {
    "pipeline.yaml": "schema: 1\n",
    "pyproject.toml": { folder: true },
    "src/voice/__init__.py": "",
    "tests/x.py": "",
  },
  "a project name that cannot be a file's": {
    ...yaml("schema: 1\n"),
    "pyproject.toml": '[project]\ndescription = "x"\nname = "../voice"\n',
  },
  "a project for other Pythons only": {
    ...yaml("schema: 1\n"),
    "pyproject.toml": '[project]\nname = "voice"\nrequires-python = ">=3.14"\n',
  },
  "no Python project at all": { "pipeline.yaml": "schema: 1\n", "main.go": "" },
  "packages that are nowhere": yaml("schema: 1\npython: { packages: [vioce] }\n"),
  "a pointer with other keys": yaml("use: app/pipeline.yaml\napp: { name: x }\n"),
  "a pointer without a value": yaml("use:\n"),
  "a pointer to nothing": yaml("use: app/pipeline.yaml\n"),
  "a pointer to a folder": yaml("use: src\n"),
  "a pointer out of the repository": { ...yaml("use: out.yaml\n"), "out.yaml": { link: "/etc/hostname" } },
  "a pointer upwards": yaml("use: ../pipeline.yaml\n"),
  "a pointer to itself": yaml("use: pipeline.yaml\n"),
  "a second pointer": { ...yaml("use: app/pipeline.yaml\n"), "app/pipeline.yaml": "use: pipeline.yaml\n" },
  "a config behind a pointer that is wrong": {
    ...yaml("use: app/pipeline.yaml\n"),
    "app/pipeline.yaml": "schema: 1\napp: { root: nope }\nlint: {}\n",
  },
  "everything at once": {
    ...yaml(
      'schema: 1\napp: { nmae: voice }\npython: { versions: [3.10], lock: hashed.lock, build-lock: gone.lock }\nchecks:\n  lint: { paths: [src, nope], skip: "" }\n  lnit: {}\n',
    ),
    "hashed.lock": HASHES,
    "pyproject.toml": "[project\n",
  },
};

describe("a config that is wrong", () => {
  it.each(Object.keys(cases))("is refused with every problem told: %s", async (name) => {
    expect(await complaint(cases[name] ?? {})).toMatchSnapshot();
  });

  it("never gets past the loader", async () => {
    for (const tree of Object.values(cases)) expect(await complaint(tree)).toMatch(/^error CONFIG_INVALID: /);
  });

  it("does not pollute the prototype of all objects", async () => {
    await complaint(cases["a key called __proto__"] ?? {});
    expect(Reflect.get({}, "polluted")).toBeUndefined();
  });

  it("prints no control or direction character of its values", async () => {
    const text = await complaint(cases["a value that would steer the terminal"] ?? {});
    expect(text.replaceAll("\n", "")).not.toMatch(/[\p{Cc}\p{Cf}]/u);
  });

  it("is told with at most a hundred problems", async () => {
    const keys = Array.from({ length: 150 }, (_, i) => `unknown${i}: 1`).join("\n");
    const text = await complaint(yaml(`schema: 1\n${keys}\n`));
    expect(text).toContain("has 150 problems, of which the first 100 follow");
    expect(text).toContain("unknown99");
    expect(text).not.toContain("unknown100`");
  });
});
