import { existsSync, readdirSync } from 'node:fs'
import { basename, dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vite'

const at = (path: string): string => fileURLToPath(new URL(path, import.meta.url))

/** Each folder with an index.html is a page. */
const pages = readdirSync(at('.'))
  .map((name) => at(`${name}/index.html`))
  .filter(existsSync)

export default defineConfig({
  root: at('.'),
  base: './', // so that a page also works in a folder of another site
  resolve: { alias: [{ find: /^evenstep$/, replacement: at('../dist/browser/index.js') }] },
  build: {
    outDir: at('../dist/pages'),
    emptyOutDir: false, // which has declarations too,
    target: 'es2023',
    license: { fileName: 'LICENSES.md' }, // of what the pages bundle
    modulePreload: { polyfill: false },
    rolldownOptions: { input: Object.fromEntries(pages.map((page) => [basename(dirname(page)), page])) },
  },
  worker: { format: 'es' },
  server: { fs: { allow: ['..'] } }, // the library, and what pages share with the server
})
