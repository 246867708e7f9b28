/** Names of distributions that mean the same are the same text: PEP 503, “Normalized Names”. */
export function normalName(name: string): string {
  return name.replace(/[-_.]+/g, "-").toLowerCase();
}
