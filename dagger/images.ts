/**
 * The one way to name another container image than the catalogue's, for mirrors and air gaps: the config's `images:`, and before it the module's
 * `--images KEY=NAME@sha256:…`. It counts for every image that the graph names, git's included.
 */
import type { Client } from "@dagger.io/dagger";
import { PipelineError, type Problem } from "../src/errors.ts";
import type { Refusal } from "../src/exec/executor.ts";
import { IMAGES, imageReference } from "../src/toolchains/images.ts";
import { baseContainer } from "./environment.ts";
import { asked } from "./outcome.ts";

export type Images = Readonly<Record<string, string>>;

/** `python=mirror.example/python@sha256:…` per image. Throws USAGE with every argument that is none. */
export function imagesOf(given: readonly string[]): Images {
  const images: Record<string, string> = {};
  const problems: Problem[] = [];
  for (const argument of given) {
    const [, key, reference] = /^([a-z0-9.-]+)=(\S+@sha256:[0-9a-f]{64})$/.exec(argument) ?? [];
    if (key === undefined || reference === undefined)
      problems.push({ message: `${argument} is not KEY=NAME@sha256:DIGEST`, remedy: `Keys are ${KEYS}.` });
    else images[key] = reference;
  }
  if (problems.length > 0) throw new PipelineError("USAGE", "an image is not named as it has to be", { problems });
  return images;
}

const KEYS = Object.keys(IMAGES).join(", ");

export function imageOf(key: string, images: Images): string | undefined {
  return imageReference(key, images);
}

/** Throws PLAN_INVALID for a key that nobody knows. */
export function needImage(key: string, images: Images): string {
  const reference = imageOf(key, images);
  if (reference === undefined) throw new PipelineError("PLAN_INVALID", `there is no container image ${key}`);
  return reference;
}

export function noImage(key: string): Refusal {
  return { reason: `there is no container image ${key}`, remedy: howToName(key) };
}

/** Throws MACHINE_FAILED with the engine's words and how to name another image. */
export async function pullImage(dag: Client, key: string, reference: string): Promise<void> {
  try {
    await asked("MACHINE_FAILED", `the image ${reference} cannot be had`, () => baseContainer(dag, reference).sync());
  } catch (error) {
    if (!(error instanceof PipelineError)) throw error;
    const problems = [{ message: `${key} is an image of the pipeline's catalogue`, remedy: howToName(key) }];
    throw new PipelineError(error.code, error.message, { problems, cause: error });
  }
}

/** What to do where an image cannot be had. */
function howToName(key: string): string {
  return `name one in the config, \`images: { ${key}: NAME@sha256:DIGEST }\`, or for this call, \`--images ${key}=NAME@sha256:DIGEST\``;
}
