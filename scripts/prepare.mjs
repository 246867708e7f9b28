#!/usr/bin/env node
/**
 * The `prepare` lifecycle script: builds dist/ where the developer's tools are installed. Without them (`npm install --omit=dev`, the
 * Dagger module's runtime) there is nothing to do, and it must not fail.
 */
import { createRequire } from "node:module";

let esbuild = true;
try {
  createRequire(import.meta.url).resolve("esbuild");
} catch {
  esbuild = false;
}
if (esbuild) await import("./build.mjs");
