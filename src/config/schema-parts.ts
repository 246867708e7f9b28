/**
 * What the sections of the config's schema share: lists, paths, one-line texts, variables, and the keys that every check has.
 */
import * as z from "zod";
import { pathTextProblem } from "./paths.ts";
import { ONE_LINE, OWN_VARIABLES } from "./values.ts";

export const relativePath = z.string().superRefine(report(pathTextProblem));
export const oneLine = z.string().max(2000).regex(ONE_LINE, "must be one line");
/** A text that explains: never empty, one line. */
export const reason = z
  .string()
  .max(500)
  .regex(/\S/u, "must say why; an empty reason hides it")
  .regex(ONE_LINE, "must be one line");

const PATHS = "Files and folders, relative to `app.root`, with forward slashes; not globs.";

/** The keys of every check. */
export const checkKeys = (seconds: number) => ({
  skip: z
    .string()
    .max(500)
    .regex(/\S/u, "must say why the check is skipped; an empty reason hides it")
    .regex(ONE_LINE, "must be one line")
    .optional()
    .describe("Leaves the check out. The text is the reason that report and evidence give; it must not be empty."),
  timeout: z
    .int()
    .min(1)
    .max(86_400)
    .optional()
    .meta({ description: "Seconds after which the check is ended and counts as failed.", default: seconds }),
});

export const pathsKeys = (seconds: number, defaults: string) => ({
  ...checkKeys(seconds),
  paths: list(relativePath).min(1).optional().describe(`${PATHS} Default: ${defaults}.`),
});

export function variables(description: string) {
  return z
    .record(
      z
        .string()
        .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, "must be letters, digits and `_`")
        .refine((name) => !OWN_VARIABLES.test(name), "is set by the pipeline itself"),
      z.string().regex(/^[^\0]*$/u, "must not hold a NUL character"),
    )
    .optional()
    .meta({ description, default: {} });
}

export function list<T extends z.ZodType>(item: T, unique = true) {
  const array = z.array(item).max(1000);
  if (!unique) return array;
  return array.superRefine((values, context) => {
    values.forEach((value, index) => {
      if (values.indexOf(value) < index)
        context.addIssue({ code: "custom", message: "stands twice in the list", path: [index] });
    });
  });
}

export function report(problem: (value: string) => string | undefined) {
  return (value: string, context: z.RefinementCtx): void => {
    const message = problem(value);
    if (message !== undefined) context.addIssue({ code: "custom", message });
  };
}
