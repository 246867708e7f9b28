/** The page in a real browser: the one that the operating system has, through a client that brings none. */
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { renderHtml } from "../../src/evidence/report-html.ts";
import { endlessRecord, hostileRecord } from "./hostile-records.ts";
import { redRecord } from "./records.ts";

const BROWSER = ["/usr/bin/chromium", "/usr/bin/chromium-browser"].find((path) => existsSync(path));
const OFFLINE = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"];
const QUIET = ["--disable-background-networking", "--disable-component-update", "--disable-sync"];

const why = BROWSER === undefined ? " (skipped: Debian's chromium is not installed; apt-get install chromium)" : "";

describe.skipIf(BROWSER === undefined)(`the page in Chromium${why}`, () => {
  let folder = "";
  let browser: Browser;
  const pages = { red: redRecord, hostile: hostileRecord, endless: endlessRecord() } as const;
  const address = (name: keyof typeof pages) => pathToFileURL(join(folder, `${name}.html`)).href;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "report-html-"));
    for (const [name, record] of Object.entries(pages))
      await writeFile(join(folder, `${name}.html`), await renderHtml(record));
    browser = await chromium.launch({
      ...(BROWSER === undefined ? {} : { executablePath: BROWSER }),
      args: [...OFFLINE, ...QUIET],
    });
  });
  afterAll(async () => {
    await browser?.close();
    await rm(folder, { recursive: true, force: true });
  });

  interface Opened {
    readonly page: Page;
    readonly complaints: readonly string[];
    readonly requests: readonly string[];
  }

  async function open<T>(
    name: keyof typeof pages,
    look: (opened: Opened) => Promise<T>,
    scheme: "light" | "dark" = "light",
    width = 1400,
  ): Promise<T> {
    const page = await browser.newPage({ colorScheme: scheme, viewport: { width, height: 800 } });
    const complaints: string[] = [];
    const requests: string[] = [];
    page.on("console", (message) => complaints.push(message.text()));
    page.on("pageerror", (error) => complaints.push(error.message));
    page.on("dialog", (dialog) => complaints.push(`a dialog: ${dialog.message()}`));
    page.on("request", (request) => requests.push(request.url()));
    try {
      await page.goto(address(name), { waitUntil: "networkidle" });
      return await look({ page, complaints, requests });
    } finally {
      await page.close();
    }
  }

  test.each(["red", "hostile", "endless"] as const)(
    "of a %s run complains of nothing and asks for nothing but itself",
    async (name) => {
      await open(name, async ({ complaints, requests }) => {
        expect(complaints).toEqual([]);
        expect(requests).toEqual([address(name)]);
      });
    },
  );

  test("has its headings in order, its grid, and named pictures", async () => {
    await open("red", async ({ page }) => {
      const levels = await page.locator("h1,h2,h3,h4").evaluateAll((all) => all.map((h) => Number(h.tagName.slice(1))));
      expect(levels[0]).toBe(1);
      expect(levels.filter((l) => l === 1)).toHaveLength(1);
      for (const [i, level] of levels.entries()) expect(level - (levels[i - 1] ?? level)).toBeLessThanOrEqual(1);
      expect(await page.getByRole("rowheader").count()).toBe(6);
      expect(await page.getByRole("img", { name: "When each action ran" }).count()).toBe(1);
      const nowhere = "[...document.links].filter((a) => document.getElementById(a.hash.slice(1)) === null).length";
      expect(await page.evaluate<number>(nowhere)).toBe(0);
      expect(await page.getByRole("link").count()).toBeGreaterThan(5);
    });
  });

  test("is whole without a script, and its style is taken", async () => {
    await open("red", async ({ page }) => {
      expect(await page.locator("script").count()).toBe(0);
      const rounding = "getComputedStyle(document.querySelector('.badge')).borderRadius";
      expect(await page.evaluate<string>(rounding)).not.toBe("0px");
    });
  });

  test("looks different by light and by dark, and is legible in both", async () => {
    const colours = (scheme: "light" | "dark") =>
      open(
        "red",
        ({ page }) =>
          page.evaluate<string[]>(
            "(({ backgroundColor, color }) => [backgroundColor, color])(getComputedStyle(document.body))",
          ),
        scheme,
      );
    const light = await colours("light");
    const dark = await colours("dark");
    const [lightPage = 0, lightInk = 0] = light.map(brightness);
    const [darkPage = 0, darkInk = 0] = dark.map(brightness);
    expect(lightPage - lightInk).toBeGreaterThan(150);
    expect(darkInk - darkPage).toBeGreaterThan(150);
  });

  test.each(["red", "hostile", "endless"] as const)(
    "of a %s run needs no sideways scrolling on a telephone",
    async (name) => {
      await open(
        name,
        async ({ page }) =>
          expect(await page.evaluate<number>("document.documentElement.scrollWidth")).toBeLessThanOrEqual(360),
        "light",
        360,
      );
    },
  );

  test("shows on paper what is folded on the screen", async () => {
    await open("red", async ({ page }) => {
      const digest = page.getByText("7".repeat(64));
      const height = async () => (await digest.boundingBox())?.height ?? 0;
      expect(await digest.isVisible()).toBe(false);
      await page.emulateMedia({ media: "print" });
      expect(await height()).toBeGreaterThan(5);
    });
  });
});

/** Of a colour as computed styles give it, 0 to 255. */
function brightness(colour: string): number {
  const [r = 0, g = 0, b = 0] = (colour.match(/\d+/g) ?? []).map(Number);
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}
