import { defineConfig } from 'vitest/config';
import { svelte } from '@sveltejs/vite-plugin-svelte';

// `npm run dev` talks to a running server; SYNCTV_API says where it listens.
const api = process.env['SYNCTV_API'] ?? 'http://127.0.0.1:8080';

export default defineConfig({
  // Scripts find each other by their own addresses; the server puts into the page where they are.
  base: './',
  plugins: [svelte()],
  // Its fonts come from this server or not at all; no part of the page asks a third party.
  resolve: { alias: { 'lfa-ponyfill': new URL('src/subtitles/nofonts.ts', import.meta.url).pathname } },
  worker: { format: 'es' },
  build: {
    target: 'es2022',
    // The server's content security policy allows no data: scripts or styles.
    assetsInlineLimit: 0,
    // The polyfill is an inline script, which the policy forbids; every target browser preloads modules itself.
    modulePreload: { polyfill: false },
    manifest: true,
    // Parts that most pages share travel as one file instead of a dozen small ones.
    rolldownOptions: {
      output: {
        codeSplitting: {
          groups: [
            { name: 'svelte', test: /node_modules\/(svelte|clsx|esm-env)\//, minShareCount: 3, priority: 3 },
            // Forms and dialogs come with the first one that is opened.
            { name: 'forms', test: /src\/(ui\/(Dialog|Field|FormError|CopyField|submission)|api\/manage)\b/, minShareCount: 3, priority: 1 },
            { name: 'kit', test: /src\/(ui\/(?!Dialog|Field|FormError|CopyField|submission)|text|api\/(?!manage))[^/]*$/, minShareCount: 3, priority: 2 }
          ]
        }
      }
    },
    // The media engines are lazy chunks and known to be large.
    chunkSizeWarningLimit: 700
  },
  server: {
    host: '127.0.0.1',
    port: 5173,
    proxy: { '/api': { target: api, ws: true } }
  },
  test: { environment: 'node', include: ['src/**/*.test.ts'] }
});
