import react from "@vitejs/plugin-react"
import { defineConfig } from "vite"
import { spec } from "./spec-plugin.ts"

export default defineConfig({
  plugins: [react(), spec()],
  build: {
    target: "es2023",
    emptyOutDir: true,
    // A page whose policy lets nothing inline in.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 700
  },
  // While one works on the page: `npm run dev --workspace packages/web`, beside `npm run server`.
  server: { proxy: { "/ws": { target: "ws://127.0.0.1:7332", ws: true } } }
})
