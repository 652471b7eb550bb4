import { readdirSync, readFileSync } from 'node:fs'
import { posix as path } from 'node:path'
import ts from 'typescript'
import { describe, expect, test } from 'vitest'
import manifest from '../package.json' with { type: 'json' }
import { rules } from '../src/optim/parse.ts'
import { palette } from '../src/study/report/color.ts'
import { colors } from '../src/study/report/style.ts'

/** What each folder may import, besides itself. A folder that is not listed may not exist. */
const mayImport: Readonly<Record<string, readonly string[]>> = {
  core: ['platform'],
  platform: ['core'],
  schedule: ['core'],
  ops: ['core'],
  onnx: ['core'],
  disk: ['core'],
  data: ['core', 'platform', 'disk', 'package-folder.ts'],
  nn: ['core', 'schedule', 'ops', 'onnx', 'disk'],
  optim: ['core', 'schedule', 'ops'],
  runtime: ['core', 'platform', 'onnx', 'ops', 'package-folder.ts'],
  train: ['core', 'disk', 'schedule', 'ops', 'nn', 'optim', 'data', 'runtime', 'package-folder.ts'],
  log: ['core', 'disk', 'train'],
  doctor: ['core', 'schedule', 'ops', 'nn', 'optim', 'data', 'runtime', 'train'],
  study: ['core', 'disk', 'schedule', 'nn', 'optim', 'data', 'train'],
  pages: [
    'core',
    'disk',
    'schedule',
    'optim',
    'data',
    'train',
    'log',
    'doctor',
    'study',
    'package-folder.ts',
  ],
  cli: [
    'core',
    'disk',
    'schedule',
    'runtime',
    'nn',
    'train',
    'log',
    'doctor',
    'study',
    'pages',
    'index.ts',
    'package-folder.ts',
  ],
  'package-folder.ts': [],
  'browser.ts': ['core', 'platform', 'schedule', 'ops', 'nn', 'optim', 'data', 'runtime', 'train', 'doctor'],
  'index.ts': [
    'core',
    'platform',
    'schedule',
    'ops',
    'nn',
    'optim',
    'data',
    'runtime',
    'train',
    'log',
    'doctor',
    'study',
  ],
}

/** Packages that only some folders may touch. */
const owners: Readonly<Record<string, readonly string[]>> = {
  'onnxruntime-common': ['runtime'],
  'onnxruntime-node': ['runtime'],
  'onnxruntime-web': ['runtime'],
  '@bufbuild/protobuf': ['onnx', 'log'],
  commander: ['cli'],
  fflate: ['platform'],
  jiti: ['train'],
  koffi: ['cli'],
  libsql: ['study'],
  pg: ['study'],
  'pure-rand': ['core'],
  hyparquet: ['data'],
  'hyparquet-compressors': ['data'],
  sharp: ['data', 'cli'],
  '@observablehq/plot': ['study'],
  linkedom: ['study'],
  hono: ['pages'],
  '@hono/node-server': ['pages'],
}

/** Files that an import of the package by `#name` finds, in Node.js and in a browser. */
const imports: Readonly<Record<string, { readonly default: string; readonly browser: string }>> =
  Object.fromEntries(
    Object.entries(manifest.imports).map(([name, { default: node, browser }]) => [
      name,
      { default: node.replace('./src/', ''), browser: browser.replace('./src/', '') },
    ]),
  )
const twins = Object.values(imports).map(({ default: node, browser }) => [node, browser] as const)

const root = path.join(import.meta.dirname, '../src')
const files = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter(
  (file) => file.endsWith('.ts') && !file.endsWith('.test.ts'),
)
/** A file without its comments. */
const source = (file: string): string =>
  readFileSync(path.join(root, file), 'utf8').replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '')
/** A file without its comments and texts. */
const code = (file: string): string => source(file).replace(/'[^'\n]*'/g, "''")
const specifiers = (file: string): string[] =>
  [...source(file).matchAll(/(?:from|import)\s+'([^']+)'|import\(\s*'([^']+)'/g)].map(([, a, b]) => (a ?? b)!)
const importsOf = (file: string): string[] =>
  specifiers(file)
    .filter((to) => to.startsWith('.'))
    .map((to) => path.join(path.dirname(file), to))
/** What a file imports at run time, as paths in `src/` or as `#name`. */
const valuesFrom = (file: string): string[] => {
  const text = source(file).replace(/^(?:import|export) type [^']*?from '[^']+'/gm, '')
  const found = [...text.matchAll(/(?:from|import)\s+'([.#][^']+)'|import\(\s*'([.#][^']+)'/g)]
  return found
    .map(([, a, b]) => (a ?? b)!)
    .map((to) => (to.startsWith('#') ? to : path.join(path.dirname(file), to)))
}
const folderOf = (file: string): string => file.split('/')[0]!

test('a folder imports only what lies below it', () => {
  const wrong = files.flatMap((file) => {
    const allowed = [folderOf(file), ...(mayImport[folderOf(file)] ?? [])]
    return importsOf(file)
      .filter((to) => !allowed.includes(folderOf(to)))
      .map((to) => `${file} → ${to}`)
  })
  expect(wrong).toEqual([])
})

test('every folder is in the table', () => {
  expect([...new Set(files.map(folderOf))].filter((folder) => !(folder in mayImport))).toEqual([])
})

test('schedules and data never see a tensor', () => {
  const wrong = files
    .filter((file) => ['schedule', 'data'].includes(folderOf(file)))
    .flatMap((file) => importsOf(file).filter((to) => /^core\/(tensor|grad|variable)/.test(to)))
  expect(wrong).toEqual([])
})

test('formats know no files', () => {
  const wrong = files
    .filter((file) => file.startsWith('data/formats/'))
    .flatMap((file) => [...specifiers(file), ...importsOf(file)].map((to) => [file, to] as const))
    .filter(([, to]) => /^(node:(fs|path)|fs|path|data\/files)(\/|$)/.test(to))
  expect(wrong).toEqual([])
})

test('each package is imported where it belongs, and schedules import none', () => {
  const wrong = files.flatMap((file) =>
    specifiers(file)
      .filter((to) => !to.startsWith('.'))
      .filter((to) => {
        if (folderOf(file) === 'schedule') return to !== '#schedules'
        if (/^(?:node:|#)/.test(to)) return false
        const name = to
          .split('/')
          .slice(0, to.startsWith('@') ? 2 : 1)
          .join('/')
        return !owners[name]?.includes(folderOf(file))
      })
      .map((to) => `${file} imports ${to}`),
  )
  expect(wrong).toEqual([])
})

test('what draws reports is loaded when one is drawn: nobody else waits for it', () => {
  const eager = /^import (?!type )[^']*?from '(?:@observablehq\/plot|linkedom)'/m
  expect(files.filter((file) => eager.test(source(file)))).toEqual([])
})

test('nobody outside optim asks which optimizer it is: each declares what others need', () => {
  const names = rules.map(({ type }) => type).join('|')
  const asks = new RegExp(`(['"\`])(?:${names})\\1|startsWith\\('(?:scheduleFree|adam)`)
  expect(files.filter((file) => folderOf(file) !== 'optim' && asks.test(source(file)))).toEqual([])
})

test('only the command line and workers touch the process, locks its id, one file the environment, and the platform its memory', () => {
  const touches = /\bprocess\.|'node:process'/
  const wrong = files.filter((file) => folderOf(file) !== 'cli' && touches.test(source(file)))
  expect(wrong).toEqual([
    'disk/holder.ts',
    'disk/running.ts',
    'platform/node.ts',
    'runtime/telemetry.ts',
    'study/run/heartbeat.ts',
    'study/run/holders.ts',
  ])
})

test('files of a user, which may be large, are read in pieces and replaced whole: by `disk`', () => {
  const small = {
    'cli/advise.ts': 'base.json',
    'data/files/names.ts': 'an asset of the package',
    'package-folder.ts': 'package.json',
    'pages/site.ts': 'a page of the package',
    'study/run/heartbeat.ts': 'a byte on a pipe',
    'study/run/holders.ts': 'ids of processes',
    'train/experiment-file.ts': 'an experiment in JSON',
    'train/spec/model.ts': 'the schema of the package',
    'train/trust.ts': 'sources of an experiment',
  }
  const whole = /^(?!import).*\b(?:readFileSync|writeFileSync|appendFileSync|writeSync)\(/m
  const found = files.filter(
    (file) => !['disk', 'platform'].includes(folderOf(file)) && whole.test(code(file)),
  )
  expect(found.toSorted()).toEqual(Object.keys(small))
})

test('what encodes the rows of a table imports nothing of Node and no package, so that it runs anywhere', () => {
  const reached = new Set<string>()
  const visit = (file: string): void => {
    if (reached.has(file)) return
    reached.add(file)
    importsOf(file).forEach(visit)
  }
  visit('data/table/encoder.ts')
  const outside = [...reached].flatMap((file) => specifiers(file).filter((to) => !to.startsWith('.')))
  expect(outside).toEqual([])
  expect(reached).toContain('data/table/hash.ts')
})

test('no file imports itself through others', () => {
  const done = new Set<string>()
  const visit = (file: string, trail: readonly string[]): void => {
    expect(trail.includes(file), `import cycle: ${[...trail, file].join(' → ')}`).toBe(false)
    if (done.has(file)) return
    for (const next of importsOf(file)) visit(next, [...trail, file])
    done.add(file)
  }
  for (const file of files) visit(file, [])
})

describe('tests', () => {
  const repository = path.join(import.meta.dirname, '..')
  const testsIn = (folder: string): string[] =>
    readdirSync(path.join(repository, folder), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.test.ts'))
      .map((file) => path.join(folder, file))

  test('of one file stand beside it and bear its name', () => {
    const beside = testsIn('src').map((file) => path.relative('src', file).replace('.test.ts', '.ts'))
    expect(beside.filter((file) => !files.includes(file))).toEqual([])
  })

  test('in test/ cross files', () => {
    const single = testsIn('test').filter((file) => {
      if (file === 'test/architecture.test.ts') return false
      const text = readFileSync(path.join(repository, file), 'utf8')
      const tested = [...text.matchAll(/'(?:\.\.\/)+src\/([^']+)'/g)].map(([, to]) => to!)
      const [first, second] = tested.filter((to) => !to.startsWith('core/'))
      return first !== undefined && second === undefined && !first.endsWith('index.ts')
    })
    expect(single).toEqual([])
  })
})

/** Public names in several namespaces, which say of what: `data.oneHot` is of labels, `ops.oneHot` of tensors. */
const mirrored: ReadonlySet<string> = new Set([
  'accuracy',
  'constant',
  'csv',
  'linear',
  'oneHot',
  'parse',
  'split',
  'standardize',
  'summary',
  'table',
  'tanh',
  'topK',
])

describe('budgets', () => {
  const parsed = files.map((file) =>
    ts.createSourceFile(file, readFileSync(path.join(root, file), 'utf8'), ts.ScriptTarget.Latest),
  )
  test('no file is longer than 300 lines, and at most 3 are longer than 250', () => {
    const longer = (most: number): string[] =>
      parsed
        .map((file) => [file.fileName, lineOf(file, file.end) - 1] as const)
        .filter(([, lines]) => lines > most)
        .map(([name, lines]) => `${name}: ${lines} lines`)
    expect(longer(300)).toEqual([])
    expect(longer(250).slice(3), `longer than 250 lines: ${longer(250).join(', ')}`).toEqual([])
  })

  test('no function is longer than 40 lines', () => {
    expect(parsed.flatMap(longFunctions)).toEqual([])
  })

  test('one exported name is declared by one file, or by both twins', () => {
    const declared = new Map<string, Set<string>>()
    const others = parsed.filter(({ fileName }) => !twins.some(([, browser]) => fileName === browser))
    for (const file of others)
      for (const name of file.statements.flatMap(exportedNames))
        declared.set(name, (declared.get(name) ?? new Set()).add(file.fileName))
    const shared = [...declared].filter(([name, places]) => places.size > 1 && !mirrored.has(name))
    expect(shared.map(([name, places]) => `${name}: ${[...places].join(', ')}`)).toEqual([])
    for (const name of mirrored) expect(declared.get(name)?.size, name).toBeGreaterThan(1)
  })
})

describe('pages', () => {
  const folder = path.join(import.meta.dirname, '../pages')
  const pages = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(
    (file) => /\.tsx?$/.test(file) && !/^node_modules|vite\.config/.test(file),
  )
  const parsed = pages.map((file) =>
    ts.createSourceFile(file, readFileSync(path.join(folder, file), 'utf8'), ts.ScriptTarget.Latest),
  )
  /** What a file imports: as paths in the repository, or names of packages; types apart. */
  const importsIn = (file: ts.SourceFile): { readonly to: string; readonly isType: boolean }[] =>
    file.statements.flatMap((statement) => {
      if (!ts.isImportDeclaration(statement) && !ts.isExportDeclaration(statement)) return []
      const specifier = statement.moduleSpecifier as ts.StringLiteral | undefined
      if (specifier === undefined) return []
      const { text } = specifier
      const isType = ts.isImportDeclaration(statement)
        ? statement.importClause?.phaseModifier === ts.SyntaxKind.TypeKeyword
        : statement.isTypeOnly
      const place = path.join('pages', path.dirname(file.fileName))
      return [{ to: text.startsWith('.') ? path.join(place, text) : text, isType }]
    })

  test('import no Node.js, and of the library its texts, its types, and its package', () => {
    const packages = ['preact', '@preact/signals', 'uplot', 'evenstep']
    const permitted = (to: string, isType: boolean): boolean =>
      to.startsWith('pages/') ||
      to === 'src/core/text.ts' ||
      (isType && to.startsWith('src/')) ||
      packages.some((name) => to === name || to.startsWith(`${name}/`))
    const wrong = parsed.flatMap((file) =>
      importsIn(file).flatMap(({ to, isType }) =>
        permitted(to, isType) ? [] : [`${file.fileName} imports ${to}`],
      ),
    )
    expect(wrong).toEqual([])
    expect(pages.filter((file) => file.endsWith('.tsx')).length).toBeGreaterThan(5)
  })

  test('share what is in pages/shared, and nothing else', () => {
    const wrong = parsed.flatMap((file) =>
      importsIn(file)
        .filter(({ to }) => to.startsWith('pages/'))
        .filter(({ to }) => !['shared', folderOf(file.fileName)].includes(to.split('/')[1]!))
        .map(({ to }) => `${file.fileName} imports ${to}`),
    )
    expect(wrong).toEqual([])
  })

  test('are as short as the library', () => {
    expect(parsed.flatMap(longFunctions)).toEqual([])
    const longer = parsed.filter((file) => lineOf(file, file.end) - 1 > 300)
    expect(longer.map(({ fileName }) => fileName)).toEqual([])
  })

  test('have the colours of reports', () => {
    const css = readFileSync(path.join(folder, 'shared/theme.css'), 'utf8')
    const pair = (name: string): string[] =>
      new RegExp(`--${name}: light-dark\\((#\\w+), (#\\w+)\\)`).exec(css)!.slice(1)
    for (const name of Object.keys(colors.light) as (keyof typeof colors.light)[])
      expect(pair(name), name).toEqual([colors.light[name], colors.dark[name]])
    palette.light.forEach((light, i) => {
      expect(pair(`series-${i}`)).toEqual([light, palette.dark[i]])
    })
  })
})

describe('in a browser', () => {
  test('each import that depends on the platform finds the same names as in Node.js', () => {
    const namesIn = (file: string): string[] =>
      ts
        .createSourceFile(file, source(file), ts.ScriptTarget.Latest)
        .statements.flatMap(exportedNames)
        .toSorted()
    expect(twins).toHaveLength(8)
    for (const [node, browser] of twins) expect(namesIn(browser), browser).toEqual(namesIn(node))
  })

  test('nothing that the package exports imports Node.js, a native library or the command line', () => {
    const reached = new Map<string, string>([['browser.ts', '']])
    for (const [file, trail] of reached) {
      const twin = (to: string): string[] => (to.startsWith('#') ? [imports[to]!.browser] : [])
      for (const to of [
        ...valuesFrom(file).flatMap(twin),
        ...valuesFrom(file).filter((to) => !to.startsWith('#')),
      ])
        if (files.includes(to) && !reached.has(to)) reached.set(to, `${trail} → ${file}`)
    }
    const permitted =
      /^(?:fflate|pure-rand|@bufbuild\/protobuf|hyparquet|hyparquet-compressors|onnxruntime-web|onnxruntime-common)(?:\/|$)/
    const wrong = [...reached].flatMap(([file, trail]) =>
      specifiers(file)
        .filter((to) => !/^[.#]/.test(to) && !permitted.test(to))
        .map((to) => `${to} ← ${file} ${trail}`),
    )
    expect(wrong).toEqual([])
    expect([...reached.keys()].filter((file) => /\b(?:Buffer|process)\./.test(code(file)))).toEqual([])
    expect(reached.size).toBeGreaterThan(300)
  })
})

const lineOf = (file: ts.SourceFile, position: number): number =>
  file.getLineAndCharacterOfPosition(position).line + 1

/** The functions of a file that have more than 40 lines. */
function longFunctions(file: ts.SourceFile): string[] {
  const found: string[] = []
  const visit = (node: ts.Node): void => {
    if (ts.isFunctionLike(node) && 'body' in node && node.body) {
      const first = lineOf(file, node.getStart(file))
      const lines = lineOf(file, node.end) - first + 1
      if (lines > 40) found.push(`${file.fileName}:${first}: ${lines} lines`)
    }
    ts.forEachChild(node, visit)
  }
  visit(file)
  return found
}

/** The names that a statement declares and exports. */
function exportedNames(statement: ts.Statement): string[] {
  const exported =
    ts.canHaveModifiers(statement) &&
    ts.getModifiers(statement)?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword)
  if (!exported) return []
  if (ts.isVariableStatement(statement))
    return statement.declarationList.declarations.map(({ name }) => (name as ts.Identifier).text)
  const { name } = statement as ts.DeclarationStatement
  return name ? [name.text] : []
}
