/**
 * Makes test/contract/dagger-schema.json from an engine's introspection result: only the types that the Dagger door uses, only fields that lead to them,
 * no descriptions. Run it after a change of the engine's version: npx tsx scripts/prune-dagger-schema.ts FULL.json
 */
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

interface TypeRef {
  readonly kind: string;
  readonly name: string | null;
  readonly ofType: TypeRef | null;
}
interface InputValue {
  readonly name: string;
  readonly type: TypeRef;
  readonly defaultValue: string | null;
}
interface Field {
  readonly name: string;
  readonly args: readonly InputValue[];
  readonly type: TypeRef;
}
interface SchemaType {
  readonly kind: string;
  readonly name: string;
  readonly fields: readonly Field[] | null;
  readonly interfaces: readonly TypeRef[] | null;
  readonly possibleTypes: readonly TypeRef[] | null;
  readonly enumValues: readonly { readonly name: string }[] | null;
  readonly inputFields: readonly InputValue[] | null;
}

const OBJECTS = [
  ...["Query", "Node", "Container", "Directory", "File", "Host", "CurrentModule", "Secret", "CacheVolume"],
  ...["FunctionCall", "FunctionCallArgValue", "Error"],
];

function main(from: string): void {
  const { __schema: full } = JSON.parse(readFileSync(from, "utf8")) as { __schema: { types: readonly SchemaType[] } };
  const leaf = full.types.filter((t) => t.kind === "SCALAR" || t.kind === "ENUM").map((t) => t.name);
  const keep = new Set([...OBJECTS, ...leaf]);
  const kept = (ref: TypeRef): boolean => (ref.ofType === null ? keep.has(ref.name ?? "") : kept(ref.ofType));
  const objects = full.types.filter((t) => OBJECTS.includes(t.name)).map((t) => pruned(t, kept));
  const used = new Set(
    objects.flatMap((t) => (t.fields ?? []).flatMap((f) => [f.type, ...f.args.map((a) => a.type)])).map(nameOf),
  );
  const leaves = full.types.filter((t) => leaf.includes(t.name) && used.has(t.name)).map((t) => pruned(t, kept));
  const schema = {
    queryType: { name: "Query" },
    mutationType: null,
    subscriptionType: null,
    directives: [],
    types: [...objects, ...leaves],
  };
  const to = fileURLToPath(new URL("../test/contract/dagger-schema.json", import.meta.url));
  writeFileSync(to, `${JSON.stringify({ __schema: schema })}\n`);
}

function nameOf(ref: TypeRef): string {
  return ref.ofType === null ? (ref.name ?? "") : nameOf(ref.ofType);
}

function pruned(type: SchemaType, kept: (ref: TypeRef) => boolean): SchemaType {
  const input = ({ name, type: of, defaultValue }: InputValue): InputValue => ({ name, type: of, defaultValue });
  return {
    kind: type.kind,
    name: type.name,
    fields:
      type.fields
        ?.filter((f) => kept(f.type) && f.args.every((a) => kept(a.type)))
        .map((f) => ({ name: f.name, args: f.args.map(input), type: f.type, isDeprecated: false })) ?? null,
    interfaces: type.interfaces?.filter(kept) ?? (type.kind === "OBJECT" ? [] : null),
    possibleTypes: type.possibleTypes?.filter(kept) ?? null,
    enumValues: type.enumValues?.map(({ name }) => ({ name, isDeprecated: false })) ?? null,
    inputFields: type.inputFields?.map(input) ?? null,
  };
}

const [from] = process.argv.slice(2);
if (from === undefined) {
  console.error("usage: npx tsx scripts/prune-dagger-schema.ts FULL.json");
  process.exitCode = 2;
} else {
  main(from);
}
