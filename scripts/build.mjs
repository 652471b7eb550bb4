// Builds `dist`: types by tsc, which also checks them, and the code by rolldown, bundled into few files so that a command
// starts in half the time. Of the packages it uses, those that users install stay outside; `dist/LICENSES.txt` has the
// licences of the others.
import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { rolldown } from 'rolldown'
import ts from 'typescript'

const root = fileURLToPath(new URL('..', import.meta.url))
const dist = join(root, 'dist')
const entries = ['index', 'schedule/index', 'cli/main', 'data/thread-worker']
/** Entries that also run in browsers, each a file that imports nothing. */
const alone = ['data/table/encoder']

const manifestOf = (folder) => JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
const { dependencies, optionalDependencies, peerDependencies } = manifestOf(root)
const outside = Object.keys({ ...dependencies, ...optionalDependencies, ...peerDependencies })
// A user may have onnxruntime-node too; `canvas` is what linkedom draws with where there is one.
outside.push('onnxruntime-node', 'canvas')

const tsc = join(root, 'node_modules/typescript/bin/tsc')
execFileSync(process.execPath, [tsc, '-p', 'tsconfig.build.json'], { cwd: root, stdio: 'inherit' })

const bundle = await rolldown({
  input: Object.fromEntries(entries.map((name) => [name, join(root, `src/${name}.ts`)])),
  external: (id) =>
    id.startsWith('node:') || outside.some((name) => id === name || id.startsWith(`${name}/`)),
  platform: 'node',
})
const stale = existsSync(dist)
  ? readdirSync(dist, { recursive: true, encoding: 'utf8' }).filter(
      (file) => file.endsWith('.js') && !/^pages[\\/]assets/.test(file), // which scripts/pages.mjs builds
    )
  : []
const { output } = await bundle.write({
  dir: dist,
  format: 'esm',
  keepNames: true, // runs are identified by the names of their losses
  entryFileNames: '[name].js',
  chunkFileNames: 'chunk-[name].js', // in `dist` itself, as src/package-folder.ts relies on
})
for (const name of alone) {
  const single = await rolldown({ input: { [name]: join(root, `src/${name}.ts`) }, platform: 'neutral' })
  output.push(...(await single.write({ dir: dist, format: 'esm', entryFileNames: '[name].js' })).output)
}
// For browsers, one file per source, and an index of plain re-exports: so bundlers leave out what a page does not use.
const index = ts.transpileModule(readFileSync(join(root, 'src/browser.ts'), 'utf8'), {
  compilerOptions: {
    module: ts.ModuleKind.ESNext,
    target: ts.ScriptTarget.ES2023,
    verbatimModuleSyntax: true,
  },
}).outputText
const parts = [...index.matchAll(/from '\.\/(.+)\.ts'/g)]
  .map(([, name]) => name)
  .filter((name) => name !== 'ops/namespace')
const inBrowser = await rolldown({
  input: Object.fromEntries(
    [...parts, 'ops/checked', 'ops/index'].map((name) => [name, join(root, `src/${name}.ts`)]),
  ),
  external: (id) => outside.some((name) => id === name || id.startsWith(`${name}/`)),
  platform: 'browser',
})
const web = await inBrowser.write({
  dir: join(dist, 'browser'),
  format: 'esm',
  preserveModules: true,
  preserveModulesRoot: join(root, 'src'),
  entryFileNames: ({ name }) => `${name.replace(/^.*node_modules\//, 'packages/')}.js`, // npm leaves node_modules out
})
const writeInBrowser = (fileName, text) => {
  writeFileSync(join(dist, 'browser', fileName), text)
  output.push({ fileName: `browser/${fileName}` })
}
writeInBrowser(
  'index.js',
  index
    .replace("export { ops } from './ops/namespace.ts'", "export * as ops from './ops/each.ts'")
    .replaceAll(/(from '\..+)\.ts'/g, "$1.js'"),
)
const operators = web.output.find(({ fileName }) => fileName === 'ops/index.js').exports.toSorted()
writeInBrowser(
  'ops/each.js',
  `import { checked } from './checked.js'
import * as operators from './index.js'

${operators.map((name) => `export const ${name} = /*#__PURE__*/ checked('${name}', operators.${name})`).join('\n')}
`,
)
// In Node.js, the entries of single namespaces hand on what `index.js` has.
const whole = await import(pathToFileURL(join(dist, 'index.js')).href)
for (const name of ['data', 'nn', 'ops', 'optim', 'train']) {
  const names = Object.keys(whole[name]).toSorted()
  const fileName = `${name}/index.js`
  writeFileSync(
    join(dist, fileName),
    `import { ${name} } from '../index.js'\n\nexport const { ${names.join(', ')} } = ${name}\n`,
  )
  output.push({ fileName })
}
output.push(...web.output.map((file) => ({ ...file, fileName: `browser/${file.fileName}` })))
const written = new Set(output.map(({ fileName }) => fileName))
for (const file of stale) if (!written.has(file.replaceAll('\\', '/'))) rmSync(join(dist, file))

/** The folder of the package that a module belongs to; undefined for a source. */
const packageOf = (module) => /^.*[\\/]node_modules[\\/](?:@[^\\/]+[\\/])?[^\\/]+/.exec(module)?.[0]

const within = new Set(output.flatMap(({ modules = {} }) => Object.keys(modules)).map(packageOf))
within.delete(undefined)
const licences = [...within].sort().map((folder) => {
  const { name, version, license } = manifestOf(folder)
  const file = readdirSync(folder).find((file) => /^licen[cs]e(\.|$)/i.test(file))
  const text = file ? readFileSync(join(folder, file), 'utf8').trim() : ''
  return `${name} ${version} (${license})\n\n${text}\n`
})
writeFileSync(join(dist, 'LICENSES.txt'), licences.join(`\n${'-'.repeat(80)}\n\n`))
