/**
 * The catalogue of container images, each pinned by the digest of its multi-architecture index. Data only: what runs in which image is an
 * action's business, and who pulls it an executor's. A config replaces entries by key (`images:`), for mirrors and air gaps.
 */

/** Key → reference. Keys are a contract: configs name them. `git` is what the Dagger door reads histories with. */
export const IMAGES = {
  // Where the version cannot change the result.
  python: "python:3.13-slim-bookworm@sha256:a1165e272e578941b84abc79e4ab38a0305cd12803a5c4247979ac7655f4d641",
  "python-3.11": "python:3.11-slim-bookworm@sha256:0a310eeecf4e1f5a0743f9a6520c90c88d089c903ca5fd283f501e3a805f5f89",
  "python-3.12": "python:3.12-slim-bookworm@sha256:34386ef0cb081344d7ec1c103ba398e6e9f64e9ab3a1509accc92a4e24a07258",
  "python-3.13": "python:3.13-slim-bookworm@sha256:a1165e272e578941b84abc79e4ab38a0305cd12803a5c4247979ac7655f4d641",
  git: "node:24-alpine@sha256:ebfe2f90462722a7a4de65e91990e97fe0d401c70e0e762c5b53302f905ec1c1",
} as const satisfies Record<string, string>;

/** The key of the image that holds a Python version (`MAJOR.MINOR`); `python` for `any`. */
export function imageKey(python: string): string {
  return python === "any" ? "python" : `python-${python}`;
}

/** The reference behind a key, the config's replacement first; undefined where neither knows the key. */
export function imageReference(key: string, replacements: Readonly<Record<string, string>>): string | undefined {
  if (Object.hasOwn(replacements, key)) return replacements[key];
  return Object.hasOwn(IMAGES, key) ? IMAGES[key as keyof typeof IMAGES] : undefined;
}
