import { afterAll, beforeAll, expect, test } from "vitest";
import { REPOSITORY } from "../files.ts";
import { invoke } from "./entrypoint.ts";
import { type TinyApp, tinyApp } from "./tiny-app.ts";

// Each call compiles all of src/ twice, as the runtime does: seconds alone, much more on a busy machine.
const PATIENCE = 240_000;

let tiny: TinyApp;
let state: string;
beforeAll(async () => {
  tiny = tinyApp();
  const made = await invoke(REPOSITORY, tiny, { name: "", args: { source: "Directory@source" } });
  expect(made, made.output).toHaveProperty("value");
  // The next process meets another stand-in, which knows this id.
  state = JSON.stringify({ ...(JSON.parse(made.value ?? "{}") as object), source: "Directory@source" });
}, PATIENCE);
afterAll(() => tiny.remove());

test("the constructor keeps what it was given and nothing that was absent", () => {
  expect(Object.keys(JSON.parse(state) as object).sort()).toEqual(["images", "openNetwork", "source"]);
});

test(
  "a function gets the object back from its fields; a red one returns its report as the error, newlines kept",
  async () => {
    const done = await invoke(REPOSITORY, tiny, { name: "lint", parent: state, args: {} });
    expect(done.error ?? "", done.output).toMatch(/lint[\s\S]*\n[\s\S]*plan sha256:/);
  },
  PATIENCE,
);
