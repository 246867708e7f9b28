/**
 * The levels of isolation that a machine may offer, and the command line that enters each. Which of them works is found out by running it
 * (probe-isolation.ts); nothing here runs anything.
 */

/**
 * `bubblewrap`: read-only root, private temporary and home folders, only the work folder writable. `namespaces`: own network and processes,
 * the host's files are reachable. `namespaces-bare`: the same without an own /proc (a chroot). `none`: the guard alone.
 */
export type IsolationLevel = "bubblewrap" | "namespaces" | "namespaces-bare" | "none";

/** Best first. */
export const ISOLATION_LEVELS: readonly IsolationLevel[] = ["bubblewrap", "namespaces", "namespaces-bare", "none"];

export interface IsolationPaths {
  /** Folders of the machine that are replaced by empty ones. */
  readonly hidden: readonly string[];
  /** Stay readable, also below hidden folders. Ones that do not exist are left out. */
  readonly readable: readonly string[];
  readonly writable: readonly string[];
}

export interface IsolationRequest {
  readonly level: IsolationLevel;
  /** Whether the machine's network is reachable. */
  readonly network: boolean;
  readonly paths: IsolationPaths;
  /** An ordinary user needs a user namespace first. */
  readonly root: boolean;
}

/** What stands before the command's own command line. */
export function isolationWrapper(request: IsolationRequest): string[] {
  switch (request.level) {
    case "bubblewrap":
      return bubblewrap(request);
    case "namespaces":
      return [...namespaces(request), "--mount", "--mount-proc", "--"];
    case "namespaces-bare":
      return [...namespaces(request), "--"];
    case "none":
      return [];
  }
}

/** Whether the command's network comes with its loopback down; bubblewrap raises it itself. */
export function loopbackIsDown(level: IsolationLevel, network: boolean): boolean {
  return !network && (level === "namespaces" || level === "namespaces-bare");
}

/** What an action's record may claim. */
export function enforcementOf(level: IsolationLevel, network: boolean) {
  return {
    network: network ? "allowed" : level === "none" ? "open" : "cut",
    filesystem: level === "bubblewrap" ? "isolated" : "shared",
  } as const;
}

function namespaces({ network, root }: IsolationRequest): string[] {
  // The own user stays itself (tests that look at permissions must not run as root); the capability to raise the loopback is dropped by the guard.
  const user = root ? [] : ["--user", "--map-current-user", "--keep-caps"];
  return ["unshare", ...user, ...(network ? [] : ["--net"]), "--pid", "--fork", "--kill-child"];
}

function bubblewrap({ network, paths }: IsolationRequest): string[] {
  const parentsFirst = (list: readonly string[]) => [...new Set(list)].sort((a, b) => a.length - b.length);
  return [
    ...["bwrap", "--die-with-parent", "--unshare-pid", "--unshare-ipc"],
    ...(network ? [] : ["--unshare-net"]),
    ...["--cap-drop", "ALL", "--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc"],
    ...parentsFirst(paths.hidden).flatMap((p) => ["--tmpfs", p]),
    ...parentsFirst(paths.readable).flatMap((p) => ["--ro-bind-try", p, p]),
    ...parentsFirst(paths.writable).flatMap((p) => ["--bind", p, p]),
    "--",
  ];
}
