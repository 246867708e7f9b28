#!/usr/bin/env node
/**
 * Bundles the command line into dist/: one small entry, everything else in chunks that load when a command needs them.
 * Dependencies are bundled too: found one by one in node_modules they take longer to load than all of ours. Dagger's SDK stays outside: it is
 * optional, large, and loaded by `--on dagger` alone. Options: --outdir DIR (default: dist), --metafile FILE (what went into it, as esbuild
 * tells it).
 */
import { chmod, readdir, rm, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { build } from "esbuild";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const { values } = parseArgs({
  options: { outdir: { type: "string", default: join(root, "dist") }, metafile: { type: "string" } },
});
const outdir = resolve(values.outdir);

const { metafile } = await build({
  absWorkingDir: root,
  entryPoints: { "voicekey-pipeline": "dagger/host.ts" },
  outdir,
  outExtension: { ".js": ".mjs" },
  bundle: true,
  splitting: true,
  format: "esm",
  platform: "node",
  target: "node20.19",
  external: ["@dagger.io/dagger"],
  // Dependencies in CommonJS ask for Node's own modules by `require`, which a module does not have.
  banner: {
    js: 'import { createRequire as voicekeyCreateRequire } from "node:module";\nconst require = voicekeyCreateRequire(import.meta.url);',
  },
  // As for these two; `write-file-atomic` asks for one when it writes.
  define: { __filename: "import.meta.filename", __dirname: "import.meta.dirname" },
  chunkNames: "chunks/[name]-[hash]",
  legalComments: "eof",
  logLevel: "warning",
  metafile: true,
});
// Chunks carry a hash in their name, so old ones would pile up. They go last: a failed build leaves the working one alone.
const made = new Set(Object.keys(metafile.outputs).map((file) => resolve(root, file)));
for (const entry of await readdir(outdir, { recursive: true, withFileTypes: true })) {
  const file = join(entry.parentPath, entry.name);
  if (entry.isFile() && !made.has(file)) await rm(file);
}
if (values.metafile !== undefined) await writeFile(resolve(values.metafile), JSON.stringify(metafile));
await chmod(join(outdir, "voicekey-pipeline.mjs"), 0o755);
