/**
 * Remembers for a few minutes that an interpreter could not be fetched, so that run after run on a machine without it does not wait for the
 * same refusal. An interpreter that was installed meanwhile is found before this is asked. It fetches nothing.
 */
import * as fs from "node:fs/promises";
import * as path from "node:path";
import * as z from "zod";
import type { Clock } from "../../ports.ts";

const KEPT_MS = 10 * 60 * 1000;

const attemptSchema = z.object({ at: z.iso.datetime(), reason: z.string() });

export class FetchAttempts {
  readonly #folder: string;
  readonly #clock: Clock;

  /** `folder` is where fetched interpreters would be; it need not exist. */
  constructor(folder: string, clock: Clock) {
    this.#folder = folder;
    this.#clock = clock;
  }

  /** The reason of an attempt that failed within the last ten minutes. What cannot be read counts as never tried. */
  async recent(wanted: string): Promise<string | undefined> {
    const text = await fs.readFile(this.#file(wanted), "utf8").catch(() => undefined);
    if (text === undefined) return undefined;
    try {
      const { at, reason } = attemptSchema.parse(JSON.parse(text));
      const age = this.#clock.now().getTime() - Date.parse(at);
      return age >= 0 && age < KEPT_MS ? `${reason} (tried at ${at}; tried again after ten minutes)` : undefined;
    } catch {
      return undefined;
    }
  }

  async failed(wanted: string, reason: string): Promise<void> {
    await fs.mkdir(this.#folder, { recursive: true });
    await fs.writeFile(this.#file(wanted), JSON.stringify({ at: this.#clock.now().toISOString(), reason }));
  }

  #file(wanted: string): string {
    return path.join(this.#folder, `.not-fetched-${wanted}.json`);
  }
}
