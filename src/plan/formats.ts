/** The forms that a plan can be printed in; apart from the renderer, so that naming them loads nothing. */
export const PLAN_FORMATS = ["text", "json", "mermaid", "dot"] as const;
export type PlanFormat = (typeof PLAN_FORMATS)[number];
