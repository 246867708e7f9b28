/** Errors of a function leave as one message with code, cause and remedy, because the message is all that Dagger prints. */
import { DAGGER_WORDS } from "../src/command-words.ts";
import { PipelineError, renderError } from "../src/errors.ts";

export async function speaking<T>(body: () => Promise<T>): Promise<T> {
  try {
    return await body();
  } catch (error) {
    if (error instanceof PipelineError) throw new Error(renderError(error, DAGGER_WORDS), { cause: error });
    throw error;
  }
}
