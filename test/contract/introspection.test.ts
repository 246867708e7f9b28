import { readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { beforeAll, describe, expect, test } from "vitest";
import { steps } from "../../src/steps/index.ts";
import { REPOSITORY } from "../files.ts";
import { alone } from "../steps/alone.ts";
import { introspect, type SeenArgument, type SeenModule, type SeenObject, typeText } from "./introspect.ts";

let seen: SeenModule;
let pipeline: SeenObject;
beforeAll(async () => {
  seen = await introspect();
  const [first] = seen.objects;
  if (first === undefined) throw new Error("the introspector found no object");
  pipeline = first;
});

const argument = (a: SeenArgument): string => {
  const fallback = a.defaultValue === undefined ? (a.isOptional ? "?" : "") : ` = ${JSON.stringify(a.defaultValue)}`;
  const from = a.defaultPath === undefined ? "" : ` from ${a.defaultPath} without ${a.ignore?.join(" ")}`;
  return `    --${a.name}: ${typeText(a.type)}${fallback}${from}\n        ${a.description}`;
};

test("users see these functions, arguments and words", async () => {
  const functions = Object.values(pipeline.functions).map((f) => {
    const marks = [f.cache === undefined ? "cached" : `cache ${f.cache}`, ...(f.isCheck ? ["check"] : [])].join(", ");
    return [
      `${f.name}: ${typeText(f.returnType)} (${marks})`,
      `    ${f.description}`,
      ...Object.values(f.arguments).map(argument),
    ].join("\n");
  });
  const made = [pipeline.name, ...Object.values(pipeline.constructorArguments).map(argument)].join("\n");
  await expect(`${seen.description}\n\n${made}\n\n${functions.join("\n\n")}\n`).toMatchFileSnapshot(
    "golden/module.txt",
  );
});

test("there is one object, and it has the module's name", () => {
  expect(seen.objects.map((o) => o.name)).toEqual(["VoicekeyPipeline"]);
});

test("every function and every argument says what it is", () => {
  const described = Object.values(pipeline.functions).flatMap((f) => [f, ...Object.values(f.arguments)]);
  const undescribed = [pipeline, ...described, ...Object.values(pipeline.constructorArguments)].filter(
    (d) => !/\w{3}/.test(d.description),
  );
  expect(undescribed.map((d) => d.name)).toEqual([]);
});

test("every check of the pipeline is a check of Dagger but for what wants the machine to itself, and the aggregate is none, or everything would run twice", async () => {
  const camel = (id: string) => id.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
  const checks = Object.values(pipeline.functions).filter((f) => f.isCheck);
  // Dagger runs its checks beside each other, each as a run of its own that knows of no other.
  const measuring = await alone();
  const beside = steps.filter((s) => !measuring.has(s.id));
  expect(checks.map((f) => f.name).sort()).toEqual(beside.map((s) => camel(s.id)).sort());
  expect(Object.keys(pipeline.functions)).toEqual(expect.arrayContaining(steps.map((s) => camel(s.id))));
  for (const check of checks) expect(Object.values(check.arguments).filter((a) => !a.isOptional)).toEqual([]);
});

test("whatever runs something is run again each time; only the plan, which reads nothing but its inputs, may be kept", () => {
  const kept = Object.values(pipeline.functions).filter((f) => f.cache !== "never");
  expect(kept.map((f) => f.name)).toEqual(["plan"]);
});

test("the module file pins the engine to the SDK's version and leaves out what a call does not need", () => {
  const read = (path: string) => JSON.parse(readFileSync(join(REPOSITORY, path), "utf8")) as Record<string, unknown>;
  const module = read("dagger.json");
  expect(module).toMatchObject({ name: "voicekey-pipeline", source: ".", sdk: { source: "typescript" } });
  expect(module["engineVersion"]).toBe(
    `v${String((read("package.json")["devDependencies"] as Record<string, string>)["@dagger.io/dagger"])}`,
  );
  expect(module["include"]).toEqual(expect.arrayContaining(["!test", "!fixtures", "!node_modules"]));
});

describe("a module that depends on ours", () => {
  interface CallSite {
    readonly name: string;
    readonly required: number;
    readonly options: readonly string[];
  }

  /** The calls that the adopter makes on `dag.voicekeyPipeline(…)`, the constructor's own first. */
  function callsIn(file: string): CallSite[] {
    const tree = ts.createSourceFile(file, readFileSync(join(REPOSITORY, file), "utf8"), ts.ScriptTarget.ESNext, true);
    const found: CallSite[] = [];
    const visit = (node: ts.Node): void => {
      if (ts.isCallExpression(node) && ts.isPropertyAccessExpression(node.expression)) {
        const onOurs =
          /^dag\s*\.voicekeyPipeline\(/.test(node.expression.expression.getText()) ||
          /\bthis\.pipeline\(\)$/.test(node.expression.expression.getText());
        const constructs = node.expression.getText() === "dag.voicekeyPipeline";
        if (onOurs || constructs) {
          const options = node.arguments.find(ts.isObjectLiteralExpression);
          const names = options?.properties.map((p) => p.name?.getText() ?? "") ?? [];
          const required = node.arguments.filter((a) => a !== options).length;
          found.push({ name: constructs ? "" : node.expression.name.text, required, options: names });
        }
      }
      ts.forEachChild(node, visit);
    };
    visit(tree);
    return found;
  }

  test("calls only functions and arguments that exist, each at least once", () => {
    const calls = callsIn("test/adopter/src/index.ts");
    for (const { name, required, options } of calls) {
      const args = name === "" ? pipeline.constructorArguments : pipeline.functions[name]?.arguments;
      expect(args, `function ${name}`).toBeDefined();
      // The generated client takes required arguments by position; what has a default may come as an option.
      const mandatory = Object.values(args ?? {}).filter(
        (a) => !a.isOptional && a.defaultValue === undefined && a.defaultPath === undefined,
      );
      expect(required, `required arguments of ${name}`).toBe(mandatory.length);
      for (const option of options) expect(Object.keys(args ?? {}), `an argument of ${name}`).toContain(option);
    }
    expect(new Set(calls.map((c) => c.name))).toEqual(
      new Set(["", ...Object.keys(pipeline.functions).filter((n) => n !== "conformance")]),
    );
  });

  test("is bound to this module by its folder", () => {
    const module = JSON.parse(readFileSync(join(REPOSITORY, "test/adopter/dagger.json"), "utf8")) as object;
    expect(module).toMatchObject({
      dependencies: [{ name: "voicekey-pipeline", source: "../.." }],
      engineVersion: "v0.21.8",
    });
  });
});
