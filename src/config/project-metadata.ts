/**
 * What is known of a project from its own files: the form that readers of pyproject.toml and setup.cfg fill and detection reads. Types only.
 */

export interface Declared {
  readonly value: string;
  /** Where it stands, for notes and problems: `project.name in pyproject.toml`. */
  readonly where: string;
  readonly file: string;
  readonly line: number;
}

/** Where the backend's settings say that packages are. Paths are relative to the app's root. */
export interface PackageHints {
  /** Exact folders or files (hatch). */
  readonly paths: readonly string[];
  /** Import names to be looked for (setuptools lists, flit's module). */
  readonly names: readonly string[];
  /** Folders that hold packages (setuptools `where`, `package-dir`, Poetry's `from`). */
  readonly roots: readonly string[];
}

export interface Metadata {
  readonly name?: Declared;
  readonly requiresPython?: Declared;
  readonly classifiers: readonly string[];
  readonly extras: readonly string[];
  readonly groups: readonly string[];
  readonly packages: PackageHints;
}
