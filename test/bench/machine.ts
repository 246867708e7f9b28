/** How a command is run and measured, and the folders that a measurement works in. Knows nothing of what is measured. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import path from "node:path";

export interface Usage {
  /** Seconds. */
  readonly wall: number;
  /** CPU seconds of the command and all its descendants. */
  readonly cpu: number;
  readonly status: number;
  readonly output: string;
}

export interface RunOptions {
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Exit statuses that are no accident. Default: 0. */
  readonly accept?: readonly number[];
}

/** Runs `body` in an empty folder that is removed afterwards. */
export async function inTemporaryFolder<T>(body: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(path.join(tmpdir(), "voicekey-bench-"));
  try {
    return await body(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Runs a command to its end. Another exit status than an accepted one is an error that shows the output. */
export function measure(argv: readonly string[], options: RunOptions): Usage {
  const folder = mkdtempSync(path.join(tmpdir(), "voicekey-usage-"));
  try {
    const file = path.join(folder, "usage.json");
    const run = spawnSync("python3", [path.join(import.meta.dirname, "usage.py"), file, ...argv], {
      cwd: options.cwd,
      env: { ...process.env, ...options.env },
      encoding: "utf8",
      maxBuffer: 1 << 28,
    });
    const output = `${run.stdout}${run.stderr}`;
    if (!existsSync(file)) throw new Error(`${argv.join(" ")} could not be measured:\n${output}`);
    const { wall, cpu, status } = JSON.parse(readFileSync(file, "utf8")) as Omit<Usage, "output">;
    if (!(options.accept ?? [0]).includes(status))
      throw new Error(`${argv.join(" ")} ended with ${status}:\n${output.slice(-4000)}`);
    return { wall, cpu, status, output };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** An interpreter of that version (`3.12`) that really runs, or undefined. Shims that only say they cannot are passed over. */
export function interpreter(version: string): string | undefined {
  const pyenv = path.join(homedir(), ".pyenv/versions");
  const installed = existsSync(pyenv)
    ? readdirSync(pyenv).map((name) => path.join(pyenv, name, "bin", `python${version}`))
    : [];
  return [`/usr/bin/python${version}`, `/usr/local/bin/python${version}`, ...installed, `python${version}`].find(
    (candidate) => {
      const asked = spawnSync(candidate, ["-c", "import sys, venv; print('%d.%d' % sys.version_info[:2])"], {
        encoding: "utf8",
      });
      return asked.status === 0 && asked.stdout.trim() === version;
    },
  );
}
