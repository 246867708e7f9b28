/**
 * The one way to name another container image than the catalogue's, for mirrors and air gaps: the config's `images:`, and before it the module's
 * `--images KEY=NAME@sha256:…`. It counts for every image that the graph names, git's included.
 */
import type { Client } from "@dagger.io/dagger";
import { IMAGE } from "../src/config/values.ts";
import { PipelineError, type Problem } from "../src/errors.ts";
import type { Refusal } from "../src/exec/executor.ts";
import { IMAGES, imageReference } from "../src/toolchains/images.ts";
import { baseContainer } from "./environment.ts";
import { asked } from "./outcome.ts";

export type Images = Readonly<Record<string, string>>;

const KEYS = Object.keys(IMAGES).join(", ");

/** `python=mirror.example/python@sha256:…` per image, as strict as the config. Throws USAGE with every argument that is none. */
export function imagesOf(given: readonly string[]): Images {
  const images: Record<string, string> = {};
  const problems: Problem[] = [];
  for (const argument of given) {
    const [, key = "", reference = ""] = /^([^=]*)=(.*)$/s.exec(argument) ?? [];
    const message = problemOf(key, reference);
    if (message === undefined) images[key] = reference;
    else problems.push({ message: `--images ${argument}: ${message}` });
  }
  if (problems.length === 0) return images;
  const remedy = `Write KEY=NAME@sha256:DIGEST; keys are ${KEYS}.`;
  throw new PipelineError("USAGE", "an image to use instead is not named as it has to be", {
    problems: problems.map((problem) => ({ ...problem, remedy })),
  });
}

/** A key that nobody knows would replace nothing, and the image that was meant would be asked for as before. */
function problemOf(key: string, reference: string): string | undefined {
  if (key === "" || reference === "") return "this is not KEY=NAME@sha256:DIGEST";
  if (!Object.hasOwn(IMAGES, key)) return `there is no image ${key}`;
  return IMAGE.test(reference) ? undefined : "the image does not end in `@sha256:` and 64 hexadecimal digits";
}

/** Throws PLAN_INVALID for a key that nobody knows. */
export function needImage(key: string, images: Images): string {
  const reference = imageReference(key, images);
  if (reference === undefined) throw new PipelineError("PLAN_INVALID", `there is no container image ${key}`);
  return reference;
}

/** A config cannot name it either: its keys are the catalogue's. */
export function noImage(key: string): Refusal {
  return { reason: `there is no container image ${key}`, remedy: `images are ${KEYS}` };
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

/** What to do where an image cannot be had: the command line has no such option of its own, and reads the same config. */
function howToName(key: string): string {
  const replaced = `${key}=NAME@sha256:DIGEST`;
  return `name one that can be had in the config, \`images: { ${replaced.replace("=", ": ")} }\`, or for one call, \`dagger call --images ${replaced} …\``;
}
