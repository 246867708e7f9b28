/** The checks that a test is not about, as a config that leaves them out holds them. */
import type { Config } from "../../src/config/model.ts";

const left = { skip: "not part of this test", timeoutSeconds: 60 };

export const testSettings = { args: [], env: {}, imports: "installed", retries: 0, flaky: "fail" } as const;

export const otherChecks = {
  "dependencies-declared": { ...left, paths: [], allow: {} },
  "integration-smoke": { ...left, ...testSettings, paths: [] },
  "asr-smoke": { ...left, tests: [] },
  "build-dist": left,
  "install-smoke": { ...left, commands: [], leaveOut: {} },
  "perf-smoke": { ...left, kinds: ["clean"], p50: 200, p95: 350, regression: 10, pairs: 12 },
} satisfies Partial<Config["checks"]>;
