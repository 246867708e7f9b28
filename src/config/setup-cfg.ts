/**
 * The few fields of a setup.cfg that a config's defaults need. Its form is Python's configparser: `key = value`, values go on in indented lines.
 */
import type { Metadata } from "./project-metadata.ts";

interface Entry {
  readonly lines: string[];
  readonly line: number;
}

/** Lines that are not of the form are passed over: the project's own tools judge that file. */
export function readSetupCfg(text: string, file: string): Metadata {
  const sections = new Map<string, Map<string, Entry>>();
  let section = new Map<string, Entry>();
  let entry: Entry | undefined;
  text.split(/\r?\n/).forEach((line, index) => {
    const header = /^\[(.+)\]\s*$/.exec(line)?.[1];
    const pair = /^([^\s#;=:][^=:]*?)\s*[=:]\s*(.*)$/.exec(line);
    if (header !== undefined) {
      section = sections.get(header) ?? new Map<string, Entry>();
      sections.set(header, section);
      entry = undefined;
    } else if (/^\s/.test(line)) {
      const more = line.trim();
      if (more !== "" && !/^[#;]/.test(more)) entry?.lines.push(more);
    } else if (pair?.[1] !== undefined) {
      entry = { lines: pair[2] === undefined || pair[2] === "" ? [] : [pair[2]], line: index + 1 };
      section.set(pair[1].toLowerCase().replaceAll("-", "_"), entry);
    }
  });
  const get = (from: string, key: string): Entry | undefined => sections.get(from)?.get(key);
  const items = (from: string, key: string): string[] =>
    (get(from, key)?.lines ?? [])
      .flatMap((l) => l.split(","))
      .map((i) => i.trim())
      .filter((i) => i !== "");
  const declared = (from: string, key: string) => {
    const found = get(from, key);
    const value = found?.lines.join(",") ?? "";
    if (found === undefined || value === "") return undefined;
    return { value, where: `${from}.${key} in setup.cfg`, file, line: found.line };
  };
  const name = declared("metadata", "name");
  const requiresPython = declared("options", "python_requires");
  const listed = items("options", "packages").filter((p) => !p.startsWith("find"));
  const names = [...listed, ...items("options", "py_modules")];
  const roots = [
    ...items("options.packages.find", "where"),
    ...items("options", "package_dir")
      .flatMap((pair) => pair.split("=").slice(1))
      .map((d) => d.trim()),
  ].filter((d) => d !== "");
  return {
    ...(name === undefined ? {} : { name }),
    ...(requiresPython === undefined ? {} : { requiresPython }),
    classifiers: get("metadata", "classifiers")?.lines ?? [],
    extras: [...(sections.get("options.extras_require")?.keys() ?? [])],
    groups: [],
    packages: { paths: [], names, roots },
  };
}
