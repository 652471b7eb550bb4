// Bundles a page with four bundlers, each as it is without configuration.
import { copyFileSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { nodeResolve } from '@rollup/plugin-node-resolve'
import * as esbuild from 'esbuild'
import { rollup } from 'rollup'
import { build } from 'vite'
import webpack from 'webpack'

const here = import.meta.dirname

/** Copies the file that ONNX Runtime looks for beside its script: esbuild and Rollup leave such files to the user. */
function copyWasm(folder) {
  const { resolve } = createRequire(join(here, '../package.json'))
  const file = 'ort-wasm-simd-threaded.wasm'
  copyFileSync(resolve(`onnxruntime-web/${file}`), join(folder, file))
}

async function byEsbuild(outdir, plugins) {
  await esbuild.build({
    entryPoints: [join(here, 'page.js')],
    outdir,
    plugins,
    bundle: true,
    minify: true,
    splitting: true,
    format: 'esm',
    logLevel: 'error',
  })
  copyWasm(outdir)
  return 'page.js'
}

/** Lets `net.js` import each namespace from an entry of its own, such as `evenstep/nn`. */
const byEntries = {
  name: 'entries',
  setup: ({ onLoad }) =>
    onLoad({ filter: /net\.js$/ }, ({ path }) => ({
      contents: readFileSync(path, 'utf8').replace(/import \{ (.*) \} from 'evenstep'/, (_, names) =>
        names
          .split(', ')
          .map((name) => `import * as ${name} from 'evenstep/${name}'`)
          .join('\n'),
      ),
    })),
}

/** For each bundler, a function that bundles `page.js` into a folder; it returns the script's path in the folder. */
export const bundlers = {
  async Vite(outDir) {
    await build({ root: here, configFile: false, logLevel: 'error', build: { outDir, emptyOutDir: true } })
    return undefined // index.html refers to it
  },
  async webpack(path) {
    const stats = await promisify(webpack)({
      mode: 'production',
      entry: join(here, 'page.js'),
      output: { path },
      performance: { hints: false },
      optimization: { minimize: false }, // minifying takes half a minute and changes nothing that is compared
    })
    if (stats.hasErrors()) throw new Error(stats.toString('errors-only'))
    return 'main.js'
  },
  esbuild: (outdir) => byEsbuild(outdir, []),
  'esbuild by entries': (outdir) => byEsbuild(outdir, [byEntries]),
  async Rollup(dir) {
    const made = await rollup({
      input: join(here, 'page.js'),
      plugins: [nodeResolve({ browser: true })], // without it, Rollup finds no packages at all
    })
    await made.write({ dir, format: 'es' })
    copyWasm(dir)
    return 'page.js'
  },
}

/** Returns a module of this folder as one minified script. */
export async function scriptOf(entry) {
  const { output } = await build({
    root: here,
    configFile: false,
    logLevel: 'error',
    build: { write: false, rollupOptions: { input: join(here, entry) } },
  })
  return output.map(({ code }) => code).join('')
}
