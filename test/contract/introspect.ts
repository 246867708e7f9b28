/** What Dagger will see of the module, by the released SDK's own introspector, without an engine. */
import { copyFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { scan } from "../../node_modules/@dagger.io/dagger/dist/src/module/introspector/index.js";
import { REPOSITORY, repositoryPaths } from "../files.ts";

export interface SeenType {
  readonly kind: string;
  readonly name?: string;
  readonly typeDef?: SeenType;
}
export interface SeenArgument {
  readonly name: string;
  readonly description: string;
  readonly type: SeenType;
  readonly isOptional: boolean;
  readonly defaultValue?: unknown;
  readonly defaultPath?: string;
  readonly ignore?: readonly string[];
}
export interface SeenFunction {
  readonly name: string;
  readonly description: string;
  readonly cache: string | undefined;
  readonly isCheck: boolean;
  readonly arguments: Readonly<Record<string, SeenArgument>>;
  readonly returnType: SeenType;
}
export interface SeenObject {
  readonly name: string;
  readonly description: string;
  readonly constructorArguments: Readonly<Record<string, SeenArgument>>;
  readonly functions: Readonly<Record<string, SeenFunction>>;
}
export interface SeenModule {
  readonly description: string;
  readonly objects: readonly SeenObject[];
}

const CLIENT = "node_modules/@dagger.io/dagger/dist/src/api/client.gen.d.ts";

/** Scans every TypeScript file under src/, as the runtime does. */
export async function introspect(): Promise<SeenModule> {
  const folder = mkdtempSync(join(tmpdir(), "introspect-"));
  try {
    // The introspector knows Dagger's own types by this file name.
    const client = join(folder, "client.gen.ts");
    copyFileSync(join(REPOSITORY, CLIENT), client);
    const files = repositoryPaths().filter((p) => /^src\/.+\.ts$/.test(p));
    const seen = await scan([...files.map((f) => join(REPOSITORY, f)), client], "voicekey-pipeline", false);
    return { description: seen.description ?? "", objects: Object.values(seen.objects).map(objectOf) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function objectOf(object: object): SeenObject {
  const plain = JSON.parse(JSON.stringify(object)) as {
    readonly name: string;
    readonly description: string;
    readonly constructor?: { readonly arguments: Readonly<Record<string, SeenArgument>> };
    readonly methods: Readonly<Record<string, Omit<SeenFunction, "cache" | "isCheck">>>;
  };
  // The introspector leaves these two out of its JSON.
  const methods = (object as { readonly methods: Readonly<Record<string, { cache?: string; isCheck: boolean }>> })
    .methods;
  return {
    name: plain.name,
    description: plain.description,
    constructorArguments: plain.constructor?.arguments ?? {},
    functions: Object.fromEntries(
      Object.entries(plain.methods).map(([name, method]) => [
        name,
        { ...method, cache: methods[name]?.cache, isCheck: methods[name]?.isCheck === true },
      ]),
    ),
  };
}

/** A type as Dagger writes it: `[String]`, `Directory`. */
export function typeText(type: SeenType): string {
  if (type.typeDef !== undefined) return `[${typeText(type.typeDef)}]`;
  return type.name ?? type.kind.replace("_KIND", "").toLowerCase();
}
