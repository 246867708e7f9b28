/**
 * Runs before each test file: takes away what a CI service, a git hook or a user's settings would add to the environment, so that a test
 * means the same everywhere. It must not set anything that the pipeline itself reads, but for the committer that git insists on.
 */
import { devNull } from "node:os";

const SCRUBBED = /^(?:CI|NO_COLOR|FORCE_COLOR|SOURCE_DATE_EPOCH|(?:GITHUB|ACTIONS|RUNNER|VOICEKEY|GIT|DAGGER)_.*)$/i;
/** Certificates are the machine's, not a setting of git's behaviour. */
const KEPT = new Set(["GIT_SSL_CAINFO", "GIT_SSL_CAPATH"]);

for (const name of Object.keys(process.env)) {
  if (SCRUBBED.test(name) && !KEPT.has(name)) delete process.env[name];
}

// A new machine has no committer, and a developer's own settings (signing, hooks, default branch) must not reach a test's repository.
Object.assign(process.env, {
  GIT_CONFIG_NOSYSTEM: "1",
  GIT_CONFIG_GLOBAL: devNull,
  GIT_CONFIG_COUNT: "1",
  GIT_CONFIG_KEY_0: "init.defaultBranch",
  GIT_CONFIG_VALUE_0: "main",
  GIT_AUTHOR_NAME: "A Tester",
  GIT_AUTHOR_EMAIL: "tester@example.invalid",
  GIT_COMMITTER_NAME: "A Tester",
  GIT_COMMITTER_EMAIL: "tester@example.invalid",
});
