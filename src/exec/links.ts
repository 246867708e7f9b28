/**
 * Where symbolic links of a tree lead, decided from the tree alone and before anything is written. Touches no file system.
 */

export interface TreeLink {
  /** Relative, forward slashes. */
  readonly path: string;
  readonly target: string;
}

/** As many steps as Linux follows before it gives up with ELOOP. */
const MOST_STEPS = 40;

/**
 * Tells for each link of a tree whether following it can lead out of the tree, also by way of other links of the same tree.
 * A target that is missing or a loop leads nowhere and is harmless. Drive letters and backslashes count as what Windows makes of them,
 * so that the answer is the same on every machine.
 */
export function leavingLinks(links: readonly TreeLink[]): Set<string> {
  const targets = new Map(links.map((l) => [l.path, l.target]));
  return new Set(links.filter((l) => leaves(l.path, targets)).map((l) => l.path));
}

function leaves(link: string, targets: ReadonlyMap<string, string>): boolean {
  const at: string[] = [];
  const ahead = link.split("/");
  let steps = 0;
  for (let part = ahead.shift(); part !== undefined; part = ahead.shift()) {
    if (part === "" || part === ".") continue;
    if (part === "..") {
      if (at.pop() === undefined) return true;
      continue;
    }
    at.push(part);
    const target = targets.get(at.join("/"));
    if (target === undefined) continue;
    steps += 1;
    if (steps > MOST_STEPS) return false;
    if (/^([A-Za-z]:|[\\/])/.test(target)) return true;
    at.pop();
    ahead.unshift(...target.split(/[\\/]/));
  }
  return false;
}
