/**
 * Python environments as container layers: uv from its locked file, then one environment per lock, at a stable path.
 * The engine's own cache keeps them; nothing here decides what goes into an environment.
 */
import type { Client, Container, Directory } from "@dagger.io/dagger";
import { CacheSharingMode } from "@dagger.io/dagger";
import { CACHE, ENVIRONMENTS } from "./layout.ts";

export interface EnvironmentOptions {
  readonly dag: Client;
  /** Files of the pipeline's own package. */
  readonly bundle: Directory;
  /** Variables of installers (a package index, a proxy), by name; treated as secret, because index addresses carry passwords. */
  readonly settings: Readonly<Record<string, string>>;
}

/**
 * A lock that lacks a dependency is an error, as on the host: `--require-hashes` refuses what it does not pin. The project's wheel is installed
 * past the shared cache: uv knows a local wheel by its path and time alone, and here every wheel of one name and version has the same path.
 */
export const BUILD_SCRIPT = `set -eu
uv=/opt/uv/bin/uv
"$uv" venv --quiet --python "$(command -v python3)" "$1"
only() {
  case $(printf '%s' "$2" | grep -c '') in
    1) ;;
    *) printf '%s must hold exactly one %s, found %s\\n' "$1" "$3" "\${2:-none}" >&2; exit 1 ;;
  esac
}
lock=$(find /build/lock -type f \\( -iname '*.txt' -o -iname '*.lock' \\))
only 'the lock' "$lock" 'requirement file'
if grep -q '^[[:space:]]*[^#[:space:]]' "$lock"; then
  "$uv" pip install --quiet --python "$1" --require-hashes $2 -r "$lock"
fi
if [ -d /build/project ]; then
  wheel=$(find /build/project -type f -iname '*.whl')
  only 'the project' "$wheel" wheel
  "$uv" pip install --quiet --python "$1" --no-deps --no-index --offline --no-cache "$wheel"
fi`;

/** The image with uv in `/opt/uv`, download caches mounted. Only for building: commands run in the bare image. */
function builder(image: Container, options: EnvironmentOptions): Container {
  const { dag, bundle } = options;
  let container = withCaches(dag, image, undefined)
    .withEnvVariable("UV_LINK_MODE", "copy")
    .withEnvVariable("UV_NO_CONFIG", "1")
    .withEnvVariable("UV_PYTHON_DOWNLOADS", "never");
  container = withSettings(dag, container, options.settings);
  return container
    .withFile("/build/uv.txt", bundle.file("src/toolchains/uv.txt"))
    .withExec([
      ...["python3", "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--root-user-action=ignore"],
      ...["--require-hashes", "--no-deps", "--target", "/opt/uv", "-r", "/build/uv.txt"],
    ]);
}

/** The folder of one environment; valid at `<ENVIRONMENTS>/<name>` in a container of the same image, and nowhere else. */
export function environment(
  image: Container,
  name: string,
  trees: { readonly lock: Directory; readonly project?: Directory },
  precompiled: boolean,
  options: EnvironmentOptions,
): Directory {
  const path = `${ENVIRONMENTS}/${name}`;
  let container = builder(image, options).withMountedDirectory("/build/lock", trees.lock, { readOnly: true });
  if (trees.project !== undefined)
    container = container.withMountedDirectory("/build/project", trees.project, { readOnly: true });
  return container
    .withExec(["sh", "-c", BUILD_SCRIPT, "environment", path, precompiled ? "--compile-bytecode" : ""])
    .directory(path);
}

/** Download caches of pip and uv, shared by all runs on an engine. They are caches of hash-checked files: no result depends on them. */
export function withCaches(dag: Client, container: Container, owner: string | undefined): Container {
  let with_ = container;
  for (const [tool, variable] of [
    ["pip", "PIP_CACHE_DIR"],
    ["uv", "UV_CACHE_DIR"],
  ] as const) {
    // A volume belongs to one user: root builds environments, actions run as somebody else.
    const volume = dag.cacheVolume(`voicekey-pipeline-${tool}${owner === undefined ? "" : "-actions"}`);
    const options = { sharing: CacheSharingMode.Shared, ...(owner === undefined ? {} : { owner }) };
    with_ = with_.withMountedCache(`${CACHE}/${tool}`, volume, options).withEnvVariable(variable, `${CACHE}/${tool}`);
  }
  return with_;
}

export function withSettings(dag: Client, container: Container, settings: Readonly<Record<string, string>>): Container {
  return Object.entries(settings).reduce(
    (c, [name, value]) => c.withSecretVariable(name, dag.setSecret(`setting ${name}`, value)),
    container,
  );
}
