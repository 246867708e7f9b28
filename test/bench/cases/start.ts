/** How long the command's own file takes to its help, beside what Node itself takes to do nothing. */
import { REPOSITORY } from "../../files.ts";
import { commandFile } from "../app.ts";
import { type Figure, median } from "../figures.ts";
import { measure } from "../machine.ts";

const ROUNDS = 15;

export async function start(): Promise<Figure[]> {
  const time = (...argv: string[]) =>
    median(Array.from({ length: ROUNDS }, () => measure([process.execPath, ...argv], { cwd: REPOSITORY }).wall));
  const file = commandFile();
  const empty = time("-e", "0");
  const help = time(file, "--help");
  const how = `median of ${ROUNDS}`;
  return [
    { name: "node -e 0", value: empty, unit: "s", how },
    { name: "--help", value: help, unit: "s", goal: 0.3, how },
    { name: "--version", value: time(file, "--version"), unit: "s", how },
    { name: "list", value: time(file, "list"), unit: "s", how },
    { name: "--help / node -e 0", value: help / empty, unit: "×", how: "same run" },
  ];
}
