/**
 * Looks at a machine for each need of a plan: is it here, where, in which version, and what cures it if not. Asks the machine through its port
 * and changes nothing.
 */
import type { NeedId, Wanted } from "./needs.ts";
import { idOf } from "./needs.ts";
import type { Machine } from "./needs-machine.ts";
import type { Advice, Remedy, System } from "./needs-remedies.ts";
import { BUBBLEWRAP, certainPython, debianPackage, GIT, PYTHON, systemPackage, uvItself } from "./needs-remedies.ts";

export interface Need {
  readonly id: NeedId;
  readonly title: string;
  /** Whether something is refused or cannot run at all without it; else it is an improvement or information. */
  readonly required: boolean;
  /** Ids of the steps that need it. */
  readonly steps: readonly string[];
  readonly found: { readonly version?: string; readonly path?: string } | null;
  readonly remedy?: Remedy;
  readonly note?: string;
}

type Looked = Pick<Need, "title" | "required" | "found"> & Advice;

/**
 * Free bytes that the cache folder must have. Everything of the application that ships with this pipeline takes 0.7 GB there (environments,
 * downloads, results); twice that, so that a second lock still fits.
 */
export const LEAST_FREE_BYTES = 1_500_000_000;

export async function examine(wanted: readonly Wanted[], machine: Machine, signal: AbortSignal): Promise<Need[]> {
  const system = await systemOf(machine);
  const needs: Need[] = [];
  // One after the other: each of them starts processes, and a small machine answers wrongly when it is out of breath.
  for (const one of wanted) {
    signal.throwIfAborted();
    needs.push({ id: idOf(one), steps: one.steps, ...(await look(one, machine, system, signal)) });
  }
  return needs;
}

/** The needs without which steps are refused or nothing runs. */
export function lacking(needs: readonly Need[]): Need[] {
  return needs.filter((n) => n.required && n.found === null);
}

async function systemOf(machine: Machine): Promise<System> {
  if (machine.platform === "win32") return { kind: "windows" };
  const aptGet = machine.platform === "linux" ? await machine.find("apt-get") : undefined;
  return aptGet === undefined ? { kind: "other" } : { kind: "debian", aptGet, root: machine.root };
}

async function look(wanted: Wanted, machine: Machine, system: System, signal: AbortSignal): Promise<Looked> {
  switch (wanted.kind) {
    case "platform":
      return platform(wanted.platform, machine);
    case "git":
      return program(
        "git",
        ["--version"],
        { title: "git", required: true },
        systemPackage(GIT, system),
        machine,
        signal,
      );
    case "cache":
      return cache(machine);
    case "python":
      return python(wanted.version, machine, system);
    case "uv":
      return uv(machine);
    case "isolation":
      return isolation(machine, system, signal);
    case "environments":
      return environments(wanted);
    case "secret":
      return {
        title: `the secret ${wanted.name}`,
        required: true,
        found: (await machine.hasSecret(wanted.name)) ? {} : null,
        note: `Provide the secret ${wanted.name}.`,
      };
    case "package":
      return systemPackageHere(wanted.name, machine, system, signal);
    case "dagger": {
      const title = "the dagger client, for the container door only";
      const note = "Only `--on dagger` and `dagger call` need it, with a container runtime.";
      return program("dagger", ["version"], { title, required: false }, { note }, machine, signal);
    }
  }
}

function platform(wanted: string, { platform, arch }: Machine): Looked {
  const own = { linux: "linux", win32: "windows" }[platform];
  const here = own !== undefined && arch === "x64" ? `${own}/amd64` : `${platform} ${arch}`;
  const head = { title: `a machine of ${wanted}`, required: true };
  if (here === wanted) return { ...head, found: { version: here } };
  return {
    ...head,
    found: null,
    note: `This machine is ${here}. Use one of ${wanted}, or containers with --on dagger.`,
  };
}

async function program(
  name: string,
  args: readonly string[],
  head: Pick<Looked, "title" | "required">,
  advice: Advice,
  machine: Machine,
  signal: AbortSignal,
): Promise<Looked> {
  const path = await machine.find(name);
  if (path === undefined) return { ...head, found: null, ...advice };
  const ran = await machine.ask([path, ...args], signal);
  const version = versionIn(ran.stdout);
  if (ran.ok && version !== undefined) return { ...head, found: { version, path } };
  return { ...head, found: null, ...advice, note: `${path} is there and does not say its version: ${ran.words}` };
}

/** The first word that begins like a version: of `git version 2.39.5`, of `dagger v1.2.3 (…)`. */
function versionIn(text: string): string | undefined {
  return /\bv?(\d+\.\d+[^\s,)]*)/.exec(text)?.[1];
}

async function cache(machine: Machine): Promise<Looked> {
  const { writable, freeBytes } = await machine.space(machine.storeRoot);
  const head = {
    title: `the cache folder, writable, on a disk with ${gigabytes(LEAST_FREE_BYTES)} free`,
    required: true,
  };
  const free = `${gigabytes(freeBytes)} free`;
  if (writable && freeBytes >= LEAST_FREE_BYTES) {
    return { ...head, found: { path: machine.storeRoot }, note: `${free}.` };
  }
  const what = writable ? free : "not writable";
  return {
    ...head,
    found: null,
    note: `${machine.storeRoot}: ${what}. Point VOICEKEY_PIPELINE_CACHE to a folder with room, or free some.`,
  };
}

function gigabytes(bytes: number): string {
  return `${(bytes / 1e9).toFixed(1)} GB`;
}

async function python(version: string, machine: Machine, system: System): Promise<Looked> {
  const title = version === "any" ? "Python 3.10 or newer, for the pipeline itself" : `Python ${version}`;
  const found = await machine.interpreter(version);
  if (found !== undefined) {
    return { title, required: true, found: { version: found.version, path: found.executable } };
  }
  const advice = version === "any" ? systemPackage(PYTHON, system) : certainPython(version, system);
  return { title, required: true, found: null, ...advice };
}

async function uv(machine: Machine): Promise<Looked> {
  const { version, path } = await machine.uv();
  const head = { title: `uv ${version}, in the cache folder`, required: false };
  return path === undefined ? { ...head, found: null, ...uvItself() } : { ...head, found: { version, path } };
}

async function isolation(machine: Machine, system: System, signal: AbortSignal): Promise<Looked> {
  const head = { title: "bubblewrap, which keeps commands from the network and from other files", required: false };
  const level = await machine.isolation();
  const bwrap = system.kind === "windows" ? undefined : await machine.find("bwrap");
  if (level === "bubblewrap" && bwrap !== undefined) {
    const version = versionIn((await machine.ask([bwrap, "--version"], signal)).stdout);
    return {
      ...head,
      found: { path: bwrap, ...(version === undefined ? {} : { version }) },
      note: "It was tried and works.",
    };
  }
  const instead = insteadOfBubblewrap(level);
  if (bwrap !== undefined && level !== undefined) {
    const why = `${bwrap} is there and does not work here: this machine or the container around it allows no namespaces of one's own.`;
    return { ...head, found: null, note: `${why} ${instead}` };
  }
  const advice = systemPackage(BUBBLEWRAP, system);
  return { ...head, found: null, ...advice, note: [advice.note, instead].filter((n) => n !== undefined).join(" ") };
}

/** What commands run in without bubblewrap, in the words that evidence uses. */
function insteadOfBubblewrap(level: Awaited<ReturnType<Machine["isolation"]>>): string {
  if (level === undefined) return "Nothing can be tried without Python.";
  if (level === "none") {
    return "Without it the network stays `open` and the filesystem `shared` in the evidence.";
  }
  return "Without it namespaces serve: the network is `cut`, and the filesystem is `shared` in the evidence.";
}

function environments({ ready, all }: { readonly ready: number; readonly all: number }): Looked {
  const head = { title: "tool environments, in the cache folder", required: false };
  const count = `${ready} of the ${all} that can be told before a run`;
  if (ready === all) return { ...head, found: { version: count } };
  const note = `${count}. A run builds what lacks, from the package index; whether that is reachable shows then.`;
  return { ...head, found: null, remedy: { command: { name: "run", goal: "pr-checks" } }, note };
}

async function systemPackageHere(name: string, machine: Machine, system: System, signal: AbortSignal): Promise<Looked> {
  const head = { title: `the system package ${name}, which the config asks for`, required: false };
  const query = system.kind === "debian" ? await machine.find("dpkg-query") : undefined;
  if (query !== undefined) {
    const form = "$" + "{db:Status-Status} $" + "{Version}";
    const ran = await machine.ask([query, "--show", `--showformat=${form}`, "--", name], signal);
    const [status, version] = ran.stdout.trim().split(" ");
    if (ran.ok && status === "installed" && version !== undefined) return { ...head, found: { version } };
  }
  return { ...head, found: null, ...debianPackage(name, system) };
}
