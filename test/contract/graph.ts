/** What a query asks for, as a chain of calls, and its text for golden files. It must not know what a call means. */

export interface Call {
  readonly field: string;
  readonly args: Readonly<Record<string, unknown>>;
}

/** A value of the engine before it is computed: how it came about. */
export interface Chain {
  readonly type: string;
  readonly calls: readonly Call[];
}

/** Ids that the engine gave out, and what they stand for. */
export type Ids = ReadonlyMap<string, Chain>;

/** A text that changes from run to run → its name in golden files. */
export type Names = readonly (readonly [string, string])[];

/** One line per call; an argument that is an id is followed by what it stands for, indented. */
export function renderChain(chain: Chain, ids: Ids, names: Names): string {
  const lines: string[] = [];
  render(chain, ids, names, "", lines);
  return lines.join("\n");
}

/** The calls with `node(id)` and `sync` replaced by what they stand for. */
export function expanded(chain: Chain, ids: Ids): Call[] {
  const [first, ...rest] = chain.calls;
  if (first?.field !== "node") return [...chain.calls];
  const start = ids.get(String(first.args["id"]));
  return start === undefined ? [...chain.calls] : [...expanded(start, ids).filter((c) => c.field !== "sync"), ...rest];
}

function render(chain: Chain, ids: Ids, names: Names, indent: string, lines: string[]): void {
  for (const { field, args } of expanded(chain, ids)) {
    const plain: string[] = [];
    const nested: [string, Chain][] = [];
    for (const [name, value] of Object.entries(args)) {
      const meant = typeof value === "string" ? ids.get(value) : undefined;
      if (meant === undefined) plain.push(`${name}: ${JSON.stringify(value)}`);
      else nested.push([name, meant]);
    }
    lines.push(`${indent}.${field}(${rename(plain.join(", "), names)})`);
    for (const [name, meant] of nested) {
      lines.push(`${indent}    ${name}:`);
      render(meant, ids, names, `${indent}      `, lines);
    }
  }
}

function rename(text: string, names: Names): string {
  return names.reduce((t, [found, name]) => t.replaceAll(found, name), text);
}
