import { describe, expect, test } from "vitest";
import { asked } from "../../dagger/outcome.ts";
import { told } from "../../dagger/told.ts";

describe("an address", () => {
  test.each([
    ["https://index.example.invalid/simple", "https://index.example.invalid/simple"],
    ["https://me:pw@index.example.invalid/simple", "https://***@index.example.invalid/simple"],
    ["https://token@index.example.invalid:8443/simple", "https://***@index.example.invalid:8443/simple"],
    ["https://me:p@w@index.example.invalid/simple", "https://***@index.example.invalid/simple"],
    ["ssh://git@forge.example.invalid/a/b.git", "ssh://***@forge.example.invalid/a/b.git"],
    ["docker://images.example.invalid/team/python:3.11", "docker://images.example.invalid/team/python:3.11"],
    ["https://packages.example.invalid/@scope/name", "https://packages.example.invalid/@scope/name"],
    ["cannot reach 'me:pw@index.example.invalid'", "cannot reach '***@index.example.invalid'"],
    ["https://files.example.invalid/a?X-Token=abc&b=1", "https://files.example.invalid/a?X-Token=***&b=1"],
  ])("%s is printed as %s", (address, shown) => {
    expect(told(address)).toBe(shown);
  });

  test.each([
    `images.example.invalid/team/python:3.11@sha256:${"a".repeat(64)}`,
    `https://images.example.invalid/v2/python/manifests/sha256:${"a".repeat(64)}: 404`,
    "git@forge.example.invalid:team/app.git",
    "pyproject.toml:3: idna==3.10 is not there",
  ])("what holds no password stays readable: %s", (text) => {
    expect(told(text)).toBe(text);
  });
});

describe("a secret value", () => {
  const password = "p@ss/w:rd é+1";
  const address = `https://me:${encodeURIComponent(password)}@index.example.invalid/simple`;
  const base64 = Buffer.from(`me:${password}`).toString("base64");

  test.each([
    ["as it is", password],
    ["percent-encoded", encodeURIComponent(password)],
    ["percent-encoded in small letters", encodeURIComponent(password).toLowerCase()],
    ["percent-encoded in part", password.replace("@", "%40")],
    ["in its address", address],
    ["with its user", `me:${password}`],
    ["as JSON has it", JSON.stringify(password).slice(1, -1)],
    ["as a header has it", base64],
  ])("of a setting that is an address is not printed %s", (_, form) => {
    const text = told(`before ${form} after`, [address]);
    expect(text).toMatch(/^before .*\*\*\*.* after$/);
    for (const piece of [password, "ss/w", "ss%2Fw", "ss%2fw", "rd é", base64]) expect(text).not.toContain(piece);
  });

  test("is not printed where it is no address either, and an empty one takes nothing away", () => {
    expect(told("key s3cret-value and s3cret%2Dvalue end", ["s3cret-value", ""])).toBe("key *** and *** end");
  });

  test("is not printed by an engine's error, whose host stays readable", async () => {
    const error = new Error(`lookup index.example.invalid: refused for ${decodeURIComponent("p%40ss")} at ${address}`);
    const failing = asked("MACHINE_FAILED", "an image cannot be pulled", () => Promise.reject(error), [
      address,
      "p@ss",
    ]);
    await expect(failing).rejects.toMatchObject({
      code: "MACHINE_FAILED",
      message: "an image cannot be pulled: lookup index.example.invalid: refused for *** at ***",
    });
  });
});
