/** Which checks want the machine to themselves, from what they plan. */

import { FILES, listeningConfig } from "./perf-smoke-samples.ts";
import { planFor } from "./small-app.ts";

/** Ids of the steps with an exclusive action. Throws where a step plans nothing, since then nothing would be known of it. */
export async function alone(): Promise<ReadonlySet<string>> {
  const config = listeningConfig();
  const entries = Object.entries(config.checks).map(([id, { skip: _, ...check }]) => [id, check]);
  const checks = Object.fromEntries(entries) as typeof config.checks;
  const { plan } = await planFor(FILES, { ...config, checks });
  const idle = plan.steps.filter((step) => step.skip !== undefined || Object.keys(step.actions).length === 0);
  if (idle.length > 0) throw new Error(`nothing is planned for ${idle.map((step) => step.id).join(", ")}`);
  const exclusive = new Set(plan.actions.filter((a) => a.exclusive).map((a) => a.id));
  const own = plan.steps.filter((step) => Object.values(step.actions).some((id) => exclusive.has(id)));
  return new Set(own.map((step) => step.id));
}
