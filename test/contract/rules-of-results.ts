/** What the engine refuses once it computes an object: a command's end, paths that are not there, owners, patterns. */
import { posix } from "node:path";
import { malformedPattern } from "./arguments.ts";
import { inContainer, kindAt, mountOf } from "./paths.ts";
import { refuse, refuseExec } from "./refuse.ts";
import type { Rule, Rules, Site } from "./rules.ts";
import { expansion } from "./rules-of-calls.ts";
import { statusOf, streamOf, textOf } from "./told.ts";

/** Without arguments a container runs its own command, if it has one: from its image, or given. */
const command: Rule = async ({ at, before, ask }) => {
  if ((at.args["args"] as string[]).length > 0) return;
  const last = before.findLast((c) => /^(from|with(out)?DefaultArgs|import)$/.test(c.field));
  if (last?.field === "withDefaultArgs") return;
  if (at.args["useEntrypoint"] === true && before.some((c) => c.field === "withEntrypoint")) return;
  const told = await ask(before, { field: "defaultArgs", args: {} });
  const image = last?.field === "from" && !(Array.isArray(told) && told.length === 0);
  if (!image) refuse("exec-no-command");
};

/** The engine takes 0 to 127 and 192 to 255 as results, as far as they are expected; the others never. */
const end: Rule = async ({ at, before, ask, settings }) => {
  const cmd = at.args["args"] as string[];
  if (at.args["insecureRootCapabilities"] === true && settings.rootCapabilities === false)
    refuseExec("exec-root-capabilities-not-granted", {}, { cmd, exitCode: -1, stdout: "", stderr: "" });
  const exec = [...before, at];
  const status = await statusOf(exec, ask);
  const expected = at.args["expect"] ?? "SUCCESS";
  const id =
    status >= 128 && status <= 191
      ? "exec-status-of-a-signal"
      : expected === "SUCCESS" && status !== 0
        ? "exec-failed"
        : expected === "FAILURE" && status === 0
          ? "exec-succeeded"
          : undefined;
  if (id === undefined) return;
  const [stdout, stderr] = [await streamOf(exec, "stdout", ask), await streamOf(exec, "stderr", ask)];
  refuseExec(id, { status }, { cmd, exitCode: status, stdout, stderr });
};

const containerPath =
  (wanted: "file" | "directory"): Rule =>
  async (site) => {
    const given = String(site.at.args["path"]);
    const path = inContainer(site.before, given);
    const mount = mountOf(site.before, path);
    if (mount?.field === "withMountedCache") refuse("path-in-cache", { path });
    if (mount?.field === "withMountedTemp") refuse("path-in-temp", { path });
    const kind = await kindAt(site.before, path, site);
    // A mounted folder's own words name the path as it was given.
    const mounted = mount?.field === "withMountedDirectory";
    const named = { path: mounted ? given : path };
    if (kind === "absent") refuse(mounted ? "mounted-path-absent" : "container-path-absent", named);
    if (kind === "directory" && wanted === "file") refuse("file-is-a-directory", named);
    if (kind === "file" && wanted === "directory") refuse("directory-is-a-file", named);
  };

const subfolder: Rule = async (site) => {
  const path = String(site.at.args["path"]);
  if (["", ".", "/"].includes(path)) return;
  const kind = await kindAt(site.before, path, site);
  if (kind === "absent") refuse("directory-absent", { path });
  if (kind === "file") refuse("directory-is-a-file", { path });
};

const intoCache: Rule = ({ at, before }) => {
  const given = String(at.args["path"]);
  const path = inContainer(before, given);
  if (mountOf(before, path)?.field === "withMountedCache") refuse("copy-into-cache", { given, path });
};

const newFile: Rule = async (site) => {
  const path = posix.join("/", String(site.at.args["path"])).slice(1);
  const blocking = await fileAbove(site, posix.dirname(path));
  if (blocking !== undefined) refuse("new-file-below-file", { path: blocking });
  if ((await kindAt(site.before, path, site)) === "directory") refuse("new-file-on-directory", { path });
};

const newDirectory: Rule = async (site) => {
  const path = posix.normalize(String(site.at.args["path"]));
  if (path.startsWith("../")) refuse("new-directory-outside", { path });
  const blocking = await fileAbove(site, posix.join("/", path).slice(1));
  if (blocking !== undefined) refuse("new-directory-on-file", { path: blocking });
};

const filterPatterns: Rule = ({ at }) => {
  for (const name of ["include", "exclude"] as const)
    for (const pattern of (at.args[name] as string[] | undefined) ?? []) {
      if (pattern.trim() === "!") refuse("pattern-lone-negation");
      if (malformedPattern(pattern.trim().replace(/^!/, ""))) refuse("pattern-malformed");
    }
};

/** A user's name is looked up among the users of the container, a number is taken as it is. */
const containerOwner =
  (mounted: boolean): Rule =>
  async (site) => {
    const owner = String(site.at.args["owner"] ?? "");
    const [name = ""] = owner.split(":");
    if (name === "" || /^-?\d+$/.test(name)) return;
    const users = await usersOf(site);
    if (users === undefined) return;
    if (users === "absent") refuse("owner-without-users", { owner });
    if (!users.includes(name)) refuse(mounted ? "owner-unknown-of-mount" : "owner-unknown", { owner, name });
  };

const directoryOwner: Rule = async (site) => {
  const owner = String(site.at.args["owner"] ?? "");
  if (owner === "" || /^-?\d+$/.test(owner.split(":")[0] ?? "")) return;
  if ((await kindAt(site.before, "etc/passwd", site)) === "absent") refuse("owner-of-directory", { owner });
};

async function usersOf(site: Site): Promise<readonly string[] | "absent" | undefined> {
  if ((await kindAt(site.before, "/etc/passwd", site)) === "absent") return "absent";
  const text = await textOf(site.before, "/etc/passwd", site.ask);
  return text?.split("\n").map((line) => line.split(":")[0] ?? "");
}

/** The first part of the path that is a file. */
async function fileAbove(site: Site, path: string): Promise<string | undefined> {
  const parts = path.split("/").filter((p) => p !== "" && p !== ".");
  for (let i = 1; i <= parts.length; i += 1) {
    const part = parts.slice(0, i).join("/");
    if ((await kindAt(site.before, part, site)) === "file") return part;
  }
  return undefined;
}

export const OF_RESULTS: Rules = {
  "Container.withExec": [command, expansion, end],
  "Container.file": [containerPath("file")],
  "Container.directory": [containerPath("directory")],
  "Container.withNewFile": [intoCache, containerOwner(false)],
  "Container.withFile": [intoCache, containerOwner(false)],
  "Container.withDirectory": [intoCache, filterPatterns, containerOwner(false)],
  "Container.withMountedDirectory": [containerOwner(true)],
  "Container.withMountedFile": [containerOwner(true)],
  "Directory.directory": [subfolder],
  "Directory.withNewFile": [newFile],
  "Directory.withNewDirectory": [newDirectory],
  "Directory.withDirectory": [filterPatterns, directoryOwner],
  "Directory.withFile": [directoryOwner],
  "Directory.filter": [filterPatterns],
  "Directory.chown": [directoryOwner],
};
