/** What the engine refuses as soon as a call is made, also where only the id of the result is asked for. */
import { posix } from "node:path";
import { malformedPattern, referenceFault, unexpandable } from "./arguments.ts";
import { kindAt } from "./paths.ts";
import { refuse } from "./refuse.ts";
import type { Rule, Rules } from "./rules.ts";
import { statOf } from "./told.ts";

const PROVIDERS = ["env", "file", "cmd", "op", "vault", "libsecret", "gcp", "aws+sm", "aws+ps"];

const oneStdin: Rule = ({ at }) => {
  if (at.args["stdin"] && at.args["redirectStdin"]) refuse("exec-two-stdins");
};

const reference: Rule = ({ at }) => {
  const address = String(at.args["address"]);
  const reason = referenceFault(address);
  if (reason !== undefined) refuse("image-malformed", { address, reason });
};

const givenError: Rule = ({ at }) => {
  if (at.args["err"] !== "") refuse("error-given", { error: String(at.args["err"]) });
};

const plainName: Rule = ({ at }) => {
  const name = String(at.args["name"]);
  if (name.includes("/")) refuse("name-with-directory", { name });
};

const shortName =
  (argument: "name" | "path", id: "name-too-long" | "container-name-too-long"): Rule =>
  ({ at }) => {
    const path = String(at.args[argument]);
    if (Buffer.byteLength(posix.basename(path)) > 255) refuse(id, { path });
  };

const existingFile: Rule = async (site) => {
  await site.evaluate(site.before);
  const path = String(site.at.args["path"]);
  const kind = await kindAt(site.before, path, site);
  if (kind === "absent") refuse("file-absent", { path });
  if (kind === "directory") refuse("file-is-a-directory", { path });
};

const hostPatterns: Rule = ({ at }) => {
  for (const which of ["include", "exclude"] as const) {
    const given = (at.args[which] as string[] | undefined) ?? [];
    if (given.some((p) => malformedPattern(p.replace(/^!/, ""))))
      refuse("host-pattern-malformed", { which, patterns: given.join(" ") });
  }
};

const hostFolder: Rule = async ({ at, before, ask }) => {
  const path = String(at.args["path"]);
  const kind = await statOf([...before, at], ".", ask);
  if (kind === "absent") refuse("host-path-absent", { path });
  if (kind === "file") refuse("host-path-is-a-file", { path });
};

const hostFile: Rule = async ({ at, before, ask }) => {
  const path = posix.basename(String(at.args["path"]));
  const kind = await statOf([...before, at], ".", ask);
  if (kind === "absent") refuse("file-absent", { path });
  if (kind === "directory") refuse("file-is-a-directory", { path });
};

const insideWorkdir: Rule = ({ at }) => {
  const path = String(at.args["path"]);
  if (path === "" || path.startsWith("/") || posix.normalize(path).split("/")[0] === "..")
    refuse("workdir-escapes", { path });
};

const cacheOwner: Rule = ({ at }) => {
  const owner = String(at.args["owner"] ?? "");
  const given = (at.args["source"] ?? "") !== "";
  if (!given && owner.split(":").some((part) => part !== "" && !/^-?\d+$/.test(part)))
    refuse("cache-owner-by-name", { owner });
};

const secretAddress: Rule = ({ at }) => {
  const uri = String(at.args["uri"]);
  const [, scheme] = /^(.*?):\/\//.exec(uri) ?? [];
  if (scheme === undefined) refuse("secret-malformed", { uri });
  else if (!PROVIDERS.includes(scheme)) refuse("secret-provider-unknown", { scheme });
};

const findUp: Rule = ({ at }) => {
  if (at.args["name"] === "") refuse("find-up-nameless");
  const path = posix.normalize(String(at.args["start"] ?? "."));
  if (path.startsWith("../")) refuse("find-up-outside", { path });
};

const computed: Rule = (site) => site.evaluate(site.before);

/** Any call with `expand`; a command's arguments are expanded only when it runs. */
export const expansion: Rule = ({ at, before }) => {
  if (at.args["expand"] !== true) return;
  const found = unexpandable(before, Object.values(at.args));
  if (found !== undefined) refuse(found.id, { name: found.name });
};

export const OF_CALLS: Rules = {
  "Container.withExec": [oneStdin],
  "Container.from": [reference],
  "Container.withError": [givenError],
  "Container.withNewFile": [expansion, shortName("path", "container-name-too-long")],
  "Container.withEnvVariable": [expansion],
  "Container.withWorkdir": [expansion],
  "Container.withDirectory": [expansion],
  "Container.withFile": [expansion],
  "Container.withMountedDirectory": [expansion],
  "Container.withMountedFile": [expansion],
  "Container.withMountedCache": [expansion],
  "Container.file": [expansion],
  "Container.directory": [expansion],
  "Container.terminal": [computed],
  "Directory.withError": [givenError],
  "Directory.file": [existingFile],
  "Directory.withNewFile": [shortName("path", "name-too-long")],
  "Directory.findUp": [findUp],
  "File.withName": [plainName],
  "Query.file": [plainName, shortName("name", "name-too-long")],
  "Query.cacheVolume": [cacheOwner],
  "Query.secret": [secretAddress],
  "Host.directory": [hostFolder, hostPatterns],
  "Host.file": [hostFile],
  "CurrentModule.workdir": [insideWorkdir, hostFolder, hostPatterns],
  "CurrentModule.workdirFile": [insideWorkdir, hostFile],
};
