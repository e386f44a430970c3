import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

/** Where `npm run dev` sends API calls; the local stack's own address for the site and the API. */
const api = process.env.SEALKEY_WEB ?? "http://localhost:4567";

export default defineConfig({
  plugins: [react()],
  build: {
    // The oldest browsers that are supported; public/browser-check.js turns older ones away.
    target: ["chrome98", "edge98", "firefox94", "safari15.4"],
    // No inline script and no data: URL that a strict content security policy would refuse.
    assetsInlineLimit: 0,
    manifest: true,
    // The table of routes names every chunk, and every page loads it: short names make it small.
    rolldownOptions: { output: { chunkFileNames: "assets/[hash].js" } },
  },
  server: { proxy: { "/api": { target: api, changeOrigin: true } } },
  test: {
    environment: "jsdom",
    include: ["src/**/*.test.{ts,tsx}"],
    setupFiles: ["src/testing/setup.ts"],
    restoreMocks: true,
    testTimeout: 30_000,
    // Otherwise one of two cores stays idle.
    maxWorkers: "100%",
  },
});
