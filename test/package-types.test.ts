import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import ts from 'typescript'
import { afterAll, expect, test } from 'vitest'
import { repository } from './support/command.ts'

const folder = mkdtempSync(join(tmpdir(), 'evenstep-types-'))
afterAll(() => rmSync(folder, { recursive: true }))

const made = join(folder, 'node_modules/evenstep')
mkdirSync(made, { recursive: true })
for (const name of ['package.json', 'dist']) symlinkSync(join(repository, name), join(made, name))
writeFileSync(join(folder, 'package.json'), JSON.stringify({ type: 'module' }))

const files = ts.createCompilerHost({})
const page = join(folder, 'page.ts')
writeFileSync(page, files.readFile(join(repository, 'install-check/project/page.ts'))!)
const nodeOnly = join(folder, 'node-only.ts')
writeFileSync(nodeOnly, "import { data } from 'evenstep'\nexport const read = data.csv\n")

/** Parsed files, which the programs of one kind of resolution share. */
const parsed = { Bundler: new Map<string, ts.SourceFile | undefined>(), Node16: new Map() }

/** Returns the errors of a file of a project that uses the package's build. */
function errors(file: string, resolution: 'Node16' | 'Bundler', conditions: readonly string[]): string[] {
  const options: ts.CompilerOptions = {
    module: resolution === 'Bundler' ? ts.ModuleKind.ESNext : ts.ModuleKind.Node16,
    moduleResolution: ts.ModuleResolutionKind[resolution],
    customConditions: [...conditions],
    target: ts.ScriptTarget.ES2023,
    lib: ['lib.es2023.d.ts', 'lib.dom.d.ts'],
    types: [],
    strict: true,
    skipLibCheck: true,
    preserveSymlinks: true,
    noEmit: true,
  }
  const host = ts.createCompilerHost(options)
  const { getSourceFile } = host
  host.getSourceFile = (name, ...how) => {
    const known = parsed[resolution]
    if (!known.has(name)) known.set(name, getSourceFile(name, ...how))
    return known.get(name)
  }
  const found = ts.getPreEmitDiagnostics(ts.createProgram([file], options, host))
  return found.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'))
}

test.each(['Bundler', 'Node16'] as const)(
  'with %s resolution, a page has the same types with the condition browser and without it',
  (resolution) => {
    expect(errors(page, resolution, [])).toEqual([])
    expect(errors(page, resolution, ['browser'])).toEqual([])
  },
)

test('the condition browser hides what needs files', () => {
  expect(errors(nodeOnly, 'Bundler', [])).toEqual([])
  expect(errors(nodeOnly, 'Bundler', ['browser'])).toEqual([
    expect.stringMatching(/^Property 'csv' does not exist on type/),
  ])
})
