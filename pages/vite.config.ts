import { existsSync, readdirSync, rmSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { defineConfig, type Plugin } from 'vite'

const at = (path: string): string => fileURLToPath(new URL(path, import.meta.url))

/** Each folder with an index.html is a page. */
const pages = readdirSync(at('.'))
  .map((name) => at(`${name}/index.html`))
  .filter(existsSync)

/** Removes what an earlier build has left: names of files change with their contents. */
const clean = (): Plugin => {
  let folders: readonly string[] = []
  return {
    name: 'clean',
    apply: 'build',
    configResolved({ root, build }) {
      folders = ['assets', ...pages.map((page) => basename(dirname(page)))].map((name) =>
        join(resolve(root, build.outDir), name),
      )
    },
    buildStart() {
      for (const folder of folders) rmSync(folder, { recursive: true, force: true })
    },
  }
}

export default defineConfig({
  root: at('.'),
  plugins: [clean()],
  base: './', // so that a page also works in a folder of another site
  resolve: { alias: [{ find: /^evenstep$/, replacement: at('../dist/browser/index.js') }] },
  build: {
    outDir: at('../dist/pages'),
    emptyOutDir: false, // which has declarations too; see clean
    target: 'es2023',
    license: { fileName: 'LICENSES.md' }, // of what the pages bundle
    modulePreload: { polyfill: false },
    rolldownOptions: { input: Object.fromEntries(pages.map((page) => [basename(dirname(page)), page])) },
  },
  worker: { format: 'es' },
  server: { fs: { allow: ['..'] } }, // the library, and what pages share with the server
})
