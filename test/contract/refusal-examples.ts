/** For each refusal a query that the engine refuses so, and what a test tells for it. The type leaves none out. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Client, type Container, type Directory, ReturnType } from "@dagger.io/dagger";
import type { Answer } from "./engine.ts";
import type { RefusalId } from "./refusals.ts";
import type { EngineSettings } from "./rules.ts";
import type { Kind } from "./told.ts";

export interface Example {
  readonly ask: (dag: Client, folder: string) => Promise<unknown>;
  /** Part of the message that the query alone decides; `<folder>` is a folder of this machine. */
  readonly says: string;
  readonly told?: Answer;
  readonly settings?: EngineSettings;
}

/** A test's answers by question; `stat` by path. */
export function telling(told: {
  readonly stat?: Readonly<Record<string, Kind>>;
  readonly [field: string]: unknown;
}): Answer {
  return (chain) => {
    const question = chain.calls.at(-1);
    if (question?.field === "stat") return told.stat?.[String(question.args["path"])];
    return told[question?.field ?? ""];
  };
}

export async function inFolder<T>(body: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), "refusals-"));
  try {
    writeFileSync(join(folder, "file"), "");
    return await body(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

export const image = (dag: Client): Container => dag.container().from("alpine:3");
const folder = (dag: Client): Directory => dag.directory().withNewFile("sub/file", "text");
const cached = (dag: Client): Container => image(dag).withMountedCache("/cache", dag.cacheVolume("c"));
const users = { stat: { "/etc/passwd": "file" }, contents: "root:x:0:0::/root:/bin/sh\n" } as const;

export const EXAMPLES: Readonly<Record<RefusalId, Example>> = {
  "exec-status-of-a-signal": {
    told: telling({ exitCode: 128, stderr: "fatal: not there\n" }),
    ask: (dag) => image(dag).withExec(["git", "show", "x:y"], { expect: ReturnType.Any }).exitCode(),
    says: "exit code: 128",
  },
  "exec-failed": {
    told: telling({ exitCode: 3 }),
    ask: (dag) => image(dag).withExec(["false"]).file("/out").contents(),
    says: "exit code: 3",
  },
  "exec-succeeded": {
    ask: (dag) => image(dag).withExec(["true"], { expect: ReturnType.Failure }).sync(),
    says: "exit code: 0",
  },
  "exec-root-capabilities-not-granted": {
    settings: { rootCapabilities: false },
    ask: (dag) => image(dag).withExec(["true"], { insecureRootCapabilities: true, expect: ReturnType.Any }).stdout(),
    says: "security.insecure",
  },
  "exec-two-stdins": {
    ask: (dag) => image(dag).withExec(["cat"], { stdin: "text", redirectStdin: "/in" }).id(),
    says: "stdin",
  },
  "exec-no-command": { ask: (dag) => dag.container().withExec([]).sync(), says: "no command" },
  "exec-none": { ask: (dag) => image(dag).withEnvVariable("A", "1").stdout(), says: "no command" },
  "expand-secret": {
    ask: (dag) =>
      image(dag)
        .withSecretVariable("KEY", dag.setSecret("key", "x"))
        .withEnvVariable("A", `\${KEY}`, { expand: true })
        .id(),
    says: '"KEY"',
  },
  "expand-volatile": {
    ask: (dag) => image(dag).withVolatileVariable("RUN", "1").withExec(["echo", "$RUN"], { expand: true }).sync(),
    says: '"RUN"',
  },
  "error-given": { ask: (dag) => image(dag).withError("mine").id(), says: "mine" },
  "file-absent": { ask: (dag) => folder(dag).file("other").id(), says: "stat other:" },
  "directory-absent": { ask: (dag) => folder(dag).directory("other").sync(), says: "stat other:" },
  "container-path-absent": {
    told: telling({ stat: { "/app/out": "absent" } }),
    ask: (dag) => image(dag).withWorkdir("/app").withExec(["true"]).directory("out").export("never"),
    says: "stat /app/out:",
  },
  "mounted-path-absent": {
    ask: (dag) => image(dag).withMountedDirectory("/in", folder(dag)).file("/in/other").contents(),
    says: "lstat /in/other:",
  },
  "file-is-a-directory": { ask: (dag) => folder(dag).file("sub").contents(), says: "path sub is" },
  "directory-is-a-file": { ask: (dag) => folder(dag).directory("sub/file").entries(), says: "path sub/file is" },
  "path-in-cache": { ask: (dag) => cached(dag).directory("/cache/x").sync(), says: "/cache/x:" },
  "path-in-temp": { ask: (dag) => image(dag).withMountedTemp("/t").file("/t/x").sync(), says: "/t/x:" },
  "copy-into-cache": { ask: (dag) => cached(dag).withNewFile("/cache/x", "").sync(), says: "/cache/x:" },
  "new-file-on-directory": { ask: (dag) => folder(dag).withNewFile("sub", "").sync(), says: "/sub: is a directory" },
  "new-file-below-file": { ask: (dag) => folder(dag).withNewFile("sub/file/x", "").sync(), says: "/sub/file:" },
  "new-directory-on-file": { ask: (dag) => folder(dag).withNewDirectory("sub/file").sync(), says: "/sub/file:" },
  "new-directory-outside": { ask: (dag) => dag.directory().withNewDirectory("../x").sync(), says: ": ../x" },
  "name-too-long": {
    ask: (dag) =>
      dag
        .directory()
        .withNewFile(`a/${"ü".repeat(128)}`, "")
        .id(),
    says: "255",
  },
  "container-name-too-long": {
    ask: (dag) =>
      image(dag)
        .withNewFile(`/a/${"x".repeat(256)}`, "")
        .id(),
    says: "/a/x",
  },
  "name-with-directory": { ask: (dag) => dag.file("a/b", "").id(), says: '"a/b"' },
  "pattern-malformed": {
    ask: (dag) =>
      folder(dag)
        .filter({ include: ["sub/[a"] })
        .sync(),
    says: "syntax",
  },
  "pattern-lone-negation": {
    ask: (dag) =>
      dag
        .directory()
        .withDirectory(".", folder(dag), { exclude: ["!"] })
        .sync(),
    says: "illegal",
  },
  "find-up-nameless": { ask: (dag) => folder(dag).findUp("", "."), says: "name" },
  "find-up-outside": { ask: (dag) => folder(dag).findUp("x", "../y"), says: "../y" },
  "host-path-absent": {
    told: telling({ stat: { ".": "absent" } }),
    ask: (dag) => dag.host().directory("/nowhere").id(),
    says: "lstat /nowhere:",
  },
  "host-path-is-a-file": {
    told: telling({ stat: { ".": "file" } }),
    ask: (dag) => dag.host().directory("app/.git").id(),
    says: "stat app/.git:",
  },
  "host-pattern-malformed": {
    ask: (dag) =>
      dag
        .host()
        .directory("app", { exclude: ["a", "[]"] })
        .id(),
    says: "invalid excludepatterns: [a []]",
  },
  "workdir-escapes": { ask: (dag) => dag.currentModule().workdir("../other").id(), says: '"../other"' },
  "export-file-on-directory": {
    ask: (dag, at) => folder(dag).file("sub/file").export(at),
    says: 'destination "<folder>"',
  },
  "export-directory-on-file": { ask: (dag, at) => folder(dag).export(join(at, "file")), says: "<folder>" },
  "contents-too-large": {
    told: telling({ contents: new Uint8Array(128 * 1024 * 1024 + 1) }),
    ask: (dag) => folder(dag).file("sub/file").contents(),
    says: "134217728",
  },
  "image-malformed": {
    ask: (dag) =>
      dag
        .container()
        .from(`alpine@sha256:${"0".repeat(63)}`)
        .id(),
    says: "invalid checksum digest length",
  },
  "owner-unknown": {
    told: telling(users),
    ask: (dag) => image(dag).withDirectory("/x", folder(dag), { owner: "nobody-here:0" }).sync(),
    says: "nobody-here:0: find uid: no such user: nobody-here",
  },
  "owner-unknown-of-mount": {
    told: telling(users),
    ask: (dag) => image(dag).withMountedDirectory("/x", folder(dag), { owner: "nobody-here" }).sync(),
    says: "nobody-here",
  },
  "owner-without-users": {
    ask: (dag) => dag.container().withNewFile("/x", "", { owner: "root" }).sync(),
    says: "for root",
  },
  "owner-of-directory": { ask: (dag) => folder(dag).chown("sub", "root").sync(), says: "ownership root" },
  "cache-owner-by-name": { ask: (dag) => dag.cacheVolume("c", { owner: "root" }).id(), says: "ownership root" },
  "secret-malformed": { ask: (dag) => dag.secret("TOKEN").id(), says: '"TOKEN"' },
  "secret-provider-unknown": { ask: (dag) => dag.secret("keyring://token").id(), says: '"keyring"' },
};
