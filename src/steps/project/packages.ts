/**
 * Where the files of the application's import packages lie in its source. Looks at names in the manifest, never at the machine.
 */
import type { ManifestEntry } from "../../exec/manifest.ts";
import type { StepContext } from "../step.ts";

export interface PackageSource {
  /** As it is imported. */
  readonly name: string;
  /** The package's folder, or its file for a module that is one file, relative to the app's root. */
  readonly path: string;
  /** Source path → path below the folder that packages are installed into. Plain files alone. */
  readonly files: ReadonlyMap<string, ManifestEntry>;
}

const ROOTS = ["src", "", "lib", "python"];

/** The packages that the config names, as far as the source holds them: in a usual place, else the shallowest folder of that name with code. */
export function packageSources({ config, manifest }: StepContext): PackageSource[] {
  const plain = manifest.entries.filter((e) => e.mode === "100644" || e.mode === "100755");
  return config.python.packages.flatMap((name) => {
    const tail = name.replaceAll(".", "/");
    const root = rootOf(tail, plain);
    if (root === undefined) return [];
    const [folder, module] = [`${root}${tail}/`, `${root}${tail}.py`];
    const own = plain.filter((e) => e.path.startsWith(folder) || e.path === module);
    const files = new Map(own.map((e) => [e.path.slice(root.length), e]));
    return [{ name, path: own.some((e) => e.path === module) ? module : folder.slice(0, -1), files }];
  });
}

/** What stands before the package's own path: empty, or ending in a slash. */
function rootOf(tail: string, plain: readonly ManifestEntry[]): string | undefined {
  const found = new Set<string>();
  for (const { path } of plain) {
    if (!path.endsWith(".py")) continue;
    const whole = `/${path}`;
    const at = whole.endsWith(`/${tail}.py`) ? whole.length - tail.length - 4 : whole.indexOf(`/${tail}/`);
    if (at >= 0) found.add(path.slice(0, at));
  }
  const usual = ROOTS.map((r) => (r === "" ? "" : `${r}/`)).find((r) => found.has(r));
  const depth = (root: string): number => root.split("/").length;
  return usual ?? [...found].sort((a, b) => depth(a) - depth(b) || (a < b ? -1 : 1))[0];
}
