/**
 * Two projects: `fast` is everything that needs no operating-system package (`npm test`). `all` (`npm run test:all`) holds the files named
 * `*.all.test.ts`, which need one, the network for a tool of their own, or minutes; and once more what is another thing where bubblewrap is there.
 */
import { defineConfig } from "vitest/config";

const slow = "test/**/*.all.test.ts";
const isolated = ["test/exec/host/*.test.ts", "test/scenario/voice-app.test.ts"];
/** A Dagger module of its own, and what is run by `npm run bench`. */
const notTests = ["test/adopter/**", "test/bench/**"];

export default defineConfig({
  test: {
    environment: "node",
    setupFiles: ["test/setup.ts"],
    globalSetup: ["test/scenario/store.ts"],
    pool: "forks",
    // The machines that this runs on have two cores, and many tests start processes of their own.
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 120_000,
    teardownTimeout: 10_000,
    // Named so that a CI service's own reporter never takes the last lines away from the summary.
    reporters: ["default"],
    expandSnapshotDiff: true,
    projects: [
      { extends: true, test: { name: "fast", include: ["test/**/*.test.ts"], exclude: [slow, ...notTests] } },
      { extends: true, test: { name: "all", include: [slow, ...isolated], exclude: notTests, testTimeout: 300_000 } },
    ],
  },
});
