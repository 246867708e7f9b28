import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { main } from "../../dagger/cli/main.ts";
import { run, step } from "../evidence/verdicts.ts";
import { type FakeIo, fakeIo, fakeSession } from "./fakes.ts";

const ESC = "\u001b";
const green = run([step("lint")]);

test("what is said of an interruption stands below the redrawn block, not in it", async () => {
  const cwd = await mkdtemp(join(tmpdir(), "cli-"));
  onTestFinished(() => rm(cwd, { recursive: true }));
  const terminal = { isTTY: true, columns: 80, rows: 24 };
  const fake: FakeIo = fakeIo(
    fakeSession(green, {
      run: async ({ log, signal }) => {
        const steps = ["lint", "types"];
        const started = { goal: "pr-checks", plan: "sha256:1", where: "host", steps, actions: 3 };
        log.emit({ type: "run-started", at: green.startedAt, ...started });
        log.emit({ type: "step-finished", at: green.startedAt, step: "lint", verdict: step("lint") });
        fake.signal("SIGINT");
        log.emit({ type: "step-finished", at: green.startedAt, step: "types", verdict: step("types") });
        return Promise.reject(signal.reason);
      },
    }),
    { cwd, env: { NO_COLOR: "1" } },
    terminal,
  );
  expect(await main(["pr-checks"], fake.io)).toBe(130);
  const after = fake.err.text().split("SIGINT: ending what runs")[1] ?? "";
  expect(fake.err.text().split("SIGINT: ending what runs")[0]).toMatch(/1\/2 steps/);
  expect(after).toContain("passed   types");
  expect(after).not.toMatch(new RegExp(`${ESC}\\[[0-9]*[AKJ]|\\d/2 steps`));
});
