/**
 * The journal: every event of a run as one JSON line, written as it happens, so that a killed run still tells how far it came.
 * Live output is left out: it stands in full in the steps' own evidence.
 */
import { closeSync, openSync, writeSync } from "node:fs";
import type { Log } from "../ports.ts";

export interface Journal extends Log {
  close(): void;
}

export function openJournal(file: string): Journal {
  const descriptor = openSync(file, "a");
  return {
    emit(event) {
      if (event.type !== "action-output") writeSync(descriptor, `${JSON.stringify(event)}\n`);
    },
    close: () => closeSync(descriptor),
  };
}

/** One log that passes each event to several, in order. */
export function fanOut(...logs: readonly Log[]): Log {
  return {
    emit(event) {
      for (const log of logs) log.emit(event);
    },
  };
}
