/** The files that are written beside a run's evidence for people and other tools, all made from that evidence alone. */
export const REPORTS = ["report.md", "report.html", "summary.md", "junit.xml", "results.sarif"] as const;

export type ReportName = (typeof REPORTS)[number];
