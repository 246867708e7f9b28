/**
 * A stand-in engine that really runs commands: containers are folders of this machine with its system read-only beneath, entered by chroot in
 * mounts of their own. Needs root on Linux. It knows the part of the engine that this project uses, and throws for any other.
 */
import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { Answer, Engine } from "./engine.ts";
import { type Call, expanded } from "./graph.ts";
import { Recipes } from "./recipe.ts";

interface Box {
  /** The folder of what is not the system's. */
  readonly root: string;
  readonly mounts: readonly { readonly at: string; readonly folder: string; readonly readOnly: boolean }[];
  readonly env: Readonly<Record<string, string>>;
  readonly workdir: string;
}

/** What of this machine stands in every container. */
const SYSTEM = ["/usr", "/bin", "/sbin", "/lib", "/lib64", "/etc"].filter((p) => existsSync(p));
/** As an image would set them; where this machine keeps its index and certificates comes along. */
const IMAGE_ENV = Object.fromEntries(
  Object.entries(process.env).flatMap(([name, value]) =>
    /^(PIP_|UV_|SSL_|REQUESTS_)/.test(name) && value !== undefined ? [[name, value]] : [],
  ),
);

export class RunningEngine {
  readonly #folder: string;
  readonly #made = new Map<string, Promise<unknown>>();
  /** Commands that were run, by their first words. */
  readonly ran: string[] = [];

  private constructor(folder: string) {
    this.#folder = folder;
  }

  static async start(): Promise<RunningEngine> {
    return new RunningEngine(await mkdtemp(join(tmpdir(), "running-engine-")));
  }

  async close(): Promise<void> {
    await rm(this.#folder, { recursive: true, force: true });
  }

  readonly answer: Answer = async (chain, engine) => {
    const calls = expanded(chain, engine.ids);
    const last = calls.at(-1);
    const before = calls.slice(0, -1);
    if (last?.field === "version") return "v0.21.8";
    if (last?.field === "sync") await this.#value(before, engine);
    if (last?.field !== "export") return undefined;
    const to = String(last.args["path"]);
    await mkdir(to, { recursive: true });
    await copy(String(await this.#value(before, engine)), to);
    return to;
  };

  /** A folder for a Directory, a Box for a Container; the same calls are the same value. */
  #value(calls: readonly Call[], engine: Engine): Promise<unknown> {
    const key = new Recipes(engine.ids, engine.contents).keys(calls).at(-1) ?? "";
    let made = this.#made.get(key);
    if (made === undefined) {
      made = this.#make(calls, engine);
      made.catch(() => undefined);
      this.#made.set(key, made);
    }
    return made;
  }

  async #make(calls: readonly Call[], engine: Engine): Promise<unknown> {
    const last = calls.at(-1);
    if (last === undefined) return undefined;
    const of = await this.#value(calls.slice(0, -1), engine);
    const { field, args } = last;
    const text = (name: string) => String(args[name] ?? "");
    const given = async (name: string) => {
      const meant = engine.ids.get(text(name));
      if (meant === undefined) throw new Error(`${field}: no object has the id ${text(name)}`);
      return this.#value(expanded(meant, engine.ids), engine);
    };
    if (field === "sync" || field === "host" || field === "node") return of;
    if (of !== undefined && typeof of === "object") return this.#container(of as Box, field, args, text, given);
    switch (field) {
      case "container":
        return { root: await this.#fresh(), mounts: [], env: {}, workdir: "/" } satisfies Box;
      case "directory": {
        const folder = await this.#fresh();
        // A host's folder may change, a Directory does not.
        if (calls.length > 1 && calls.at(-2)?.field === "host") await copy(text("path"), folder);
        else if (typeof of === "string") return below(of, text("path"));
        return folder;
      }
      case "withDirectory":
      case "withNewFile":
      case "withoutDirectory": {
        const folder = await this.#fresh(String(of));
        const at = join(folder, text("path"));
        if (field === "withoutDirectory") await rm(at, { recursive: true, force: true });
        else if (field === "withNewFile") await write(at, text("contents"));
        else {
          await mkdir(at, { recursive: true });
          await copy(String(await given("source")), at);
        }
        return folder;
      }
      case "setSecret":
        return text("plaintext");
      default:
        throw new Error(`the stand-in does not know ${field} of a Directory`);
    }
  }

  async #container(
    box: Box,
    field: string,
    args: Readonly<Record<string, unknown>>,
    text: (name: string) => string,
    given: (name: string) => Promise<unknown>,
  ): Promise<unknown> {
    switch (field) {
      case "from":
        return { ...box, env: { PATH: "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin", ...IMAGE_ENV } };
      case "withEnvVariable":
      case "withVolatileVariable":
        return { ...box, env: { ...box.env, [text("name")]: text("value") } };
      case "withSecretVariable":
        return { ...box, env: { ...box.env, [text("name")]: String(await given("secret")) } };
      case "withWorkdir":
        return { ...box, workdir: text("path") };
      case "withNewFile": {
        const root = await this.#fresh(box.root);
        await write(join(root, text("path")), text("contents"));
        return { ...box, root };
      }
      case "withMountedDirectory": {
        const source = String(await given("source"));
        const folder = text("owner") === "" ? source : await this.#fresh(source);
        if (text("owner") !== "") await run("chown", ["-R", text("owner"), folder]);
        return {
          ...box,
          mounts: [...box.mounts, { at: text("path"), folder, readOnly: args["readOnly"] === true }],
        };
      }
      case "withExec":
        return this.#exec(box, args["args"] as string[]);
      case "directory": {
        const at = text("path");
        const mount = box.mounts.findLast((m) => at === m.at || at.startsWith(`${m.at}/`));
        return mount === undefined ? below(box.root, at) : below(mount.folder, at.slice(mount.at.length));
      }
      default:
        throw new Error(`the stand-in does not know ${field} of a Container`);
    }
  }

  async #exec(box: Box, args: readonly string[]): Promise<Box> {
    this.ran.push(args.slice(0, 5).join(" ").slice(0, 120));
    const root = await this.#fresh(box.root);
    const lines = ["set -e", 'root="$1"; shift'];
    const layer = await this.#fresh();
    const bind = (from: string, at: string, readOnly: boolean) => {
      lines.push(`mkdir -p "$root${at}" && mount --bind ${from} "$root${at}"`);
      if (readOnly) lines.push(`mount -o remount,bind,ro "$root${at}"`);
    };
    for (const place of SYSTEM) bind(place, place, true);
    lines.push('mkdir -p "$root/proc" "$root/dev" "$root/tmp" && chmod 1777 "$root/tmp"');
    lines.push('mount -t proc proc "$root/proc" && mount --rbind /dev "$root/dev"');
    lines.push(`mount -t tmpfs tmpfs ${layer}`);
    for (const [index, m] of box.mounts.entries()) {
      if (m.readOnly) bind(m.folder, m.at, true);
      else lines.push(...overlay(m.folder, `$root${m.at}`, `${layer}/${index}`));
    }
    lines.push(`exec chroot "$root" /bin/sh -c 'cd "$0" && exec "$@"' ${box.workdir} "$@"`);
    const unshared = ["--mount", "--pid", "--fork", "--kill-child", "--propagation", "private"];
    await run("unshare", [...unshared, "sh", "-c", lines.join("\n"), "sh", root, ...args], box.env);
    // What is written to a mount is nothing that this project reads afterwards.
    return { ...box, root };
  }

  async #fresh(from?: string): Promise<string> {
    const folder = join(this.#folder, randomUUID());
    await mkdir(folder, { recursive: true });
    await chmod(folder, 0o755);
    if (from !== undefined) await copy(from, folder);
    return folder;
  }
}

function overlay(lower: string, at: string, layer: string): string[] {
  const folders = `lowerdir=${lower},upperdir=${layer}/upper,workdir=${layer}/work`;
  return [
    `mkdir -p "${at}" ${layer}/upper ${layer}/work && chown --reference=${lower} ${layer}/upper`,
    `mount -t overlay overlay -o ${folders} "${at}"`,
  ];
}

async function write(file: string, text: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, text);
}

function below(folder: string, path: string): string {
  const place = join(folder, path);
  if (!existsSync(place)) throw new Error(`${path}: no such file or directory`);
  return place;
}

async function copy(from: string, to: string): Promise<void> {
  await run("cp", ["-a", `${from}/.`, to]);
}

function run(command: string, args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      env: { PATH: process.env["PATH"], ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let words = "";
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding("utf8").on("data", (data: string) => {
        words = `${words}${data}`.slice(-4000);
      });
    child.on("error", reject);
    child.on("close", (code) =>
      code === 0
        ? resolve()
        : reject(
            new Error(
              `process did not complete successfully: exit code: ${code}: ${words.trim().replaceAll("\n", " | ")}`,
            ),
          ),
    );
  });
}
