/**
 * What every executor owes, as cases that know only the Executor interface: run against the host executor in tests and against a real engine
 * by a Dagger function. Commands are standard-library Python one-liners in an environment with an empty lock. Imports no test framework.
 */
import { limitCases } from "./conformance/limits.ts";
import { togetherCases } from "./conformance/together.ts";
import { treeCases } from "./conformance/trees.ts";
import { worldCases } from "./conformance/world.ts";

export type { ConformanceCase, ConformanceHarness } from "./conformance/case.ts";

/** Independent of each other; each rejects with an Error that says what was expected. */
export const conformanceCases = [...treeCases, ...worldCases, ...limitCases, ...togetherCases] as const;
