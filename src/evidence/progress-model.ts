/**
 * What a progress display knows, as a pure reducer over the events of a run. It draws nothing and reads no clock: times come from the events.
 */
import type { RunEvent } from "./events.ts";
import type { StepVerdict } from "./verdict.ts";

export interface RunningAction {
  readonly action: string;
  /** Milliseconds since the epoch, from the event. */
  readonly since: number;
}

export interface Progress {
  /** Keys of the steps of the plan, in its order; empty before the run started. */
  readonly steps: readonly string[];
  /** How many actions the plan has. */
  readonly actions: number;
  /** How many of them ended: ran, replayed, refused or left out. */
  readonly ended: number;
  readonly cached: number;
  /** In the order of their start. */
  readonly running: readonly RunningAction[];
  readonly verdicts: Readonly<Record<string, StepVerdict>>;
  readonly startedAt: number;
  readonly finished: boolean;
}

export const NO_PROGRESS: Progress = {
  steps: [],
  actions: 0,
  ended: 0,
  cached: 0,
  running: [],
  verdicts: {},
  startedAt: 0,
  finished: false,
};

/** The state after an event. Unknown or repeated endings of an action change no count below what is true. */
export function advance(state: Progress, event: RunEvent): Progress {
  switch (event.type) {
    case "run-started":
      return { ...NO_PROGRESS, steps: event.steps, actions: event.actions, startedAt: Date.parse(event.at) };
    case "action-started":
      return { ...state, running: [...state.running, { action: event.action, since: Date.parse(event.at) }] };
    case "action-finished":
      return { ...ended(state, event.action), cached: state.cached + (event.cached ? 1 : 0) };
    case "action-again":
      return { ...state, ended: Math.max(0, state.ended - 1) };
    case "action-refused":
    case "action-not-run":
      return ended(state, event.action);
    case "step-finished":
      return { ...state, verdicts: { ...state.verdicts, [event.step]: event.verdict } };
    case "run-finished":
      return { ...state, running: [], finished: true };
    case "action-output":
    case "proof-finished":
      return state;
  }
}

function ended(state: Progress, action: string): Progress {
  return {
    ...state,
    ended: Math.min(state.actions, state.ended + 1),
    running: state.running.filter((r) => r.action !== action),
  };
}
