/** Runs the guarded command of a JSON file: a process of its own that a test can kill. */
import { readFileSync } from "node:fs";
import { runGuarded } from "../../../src/exec/host/guarded.ts";
import { clock } from "./clock.ts";

const { guard, command } = JSON.parse(readFileSync(process.argv[2] ?? "", "utf8"));
await runGuarded(guard, { ...command, signal: new AbortController().signal, onLine: () => undefined }, clock);
