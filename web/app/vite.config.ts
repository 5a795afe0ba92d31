import { fileURLToPath } from "node:url";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** The server that `npm run dev` talks to. */
const server = process.env.CANTATA_URL ?? "http://localhost:8000";

// The server refuses pages of another origin: what the dev server passes on comes from the server's own.
const passOn = { target: server, changeOrigin: true, headers: { origin: server } };

export default defineConfig({
  base: "./", // the page may stand under any path of a proxy
  plugins: [react()],
  resolve: {
    alias: [
      { find: /^@cantata\/client\/react$/, replacement: here("../client/src/react.ts") },
      { find: /^@cantata\/client$/, replacement: here("../client/src/index.ts") },
    ],
  },
  build: {
    outDir: here("../../src/cantata/server/page"),
    emptyOutDir: true,
    assetsInlineLimit: 0, // the content security policy allows no data: URLs but images
    modulePreload: { polyfill: false },
  },
  server: { proxy: { "/api": passOn, "/chat": passOn, "/health": passOn, "/auth": passOn } },
});
