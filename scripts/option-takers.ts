import ts from 'typescript'

/** A public function or class that takes an object of options. */
export interface Taker {
  /** Its path from the package: `nn.Linear`. */
  readonly name: string
  /** Its parameters before the options. */
  readonly before: readonly string[]
  readonly options: readonly DocumentedOption[]
}

/** An option as its declaration documents it. */
export interface DocumentedOption {
  readonly name: string
  readonly isRequired: boolean
  readonly type: string
  /** Default in code or words, without which the option is off or chosen automatically. */
  readonly fallback: string | undefined
  readonly about: string
}

const root = new URL('../', import.meta.url).pathname

/** A new program of the library's sources: the order in which a program shows a union depends on what it showed before. */
export function sourceProgram(): ts.Program {
  const { config } = ts.readConfigFile(`${root}tsconfig.json`, ts.sys.readFile)
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root)
  return ts.createProgram([`${root}src/index.ts`], options)
}

/**
 * Every public function and class with a parameter that is called `options`, or whose type is called `…Options` or has
 * optional properties alone. Overloads count as one.
 */
export function optionTakers(): Taker[] {
  const program = sourceProgram()
  const checker = program.getTypeChecker()
  const found = new Map<string, Taker>()

  function visit(module: ts.Symbol, prefix: string): void {
    for (const exported of checker.getExportsOfModule(module)) {
      const name = prefix + exported.name
      const symbol = exported.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(exported) : exported
      if (symbol.flags & ts.SymbolFlags.ValueModule) visit(symbol, `${name}.`)
      else if (symbol.flags & ts.SymbolFlags.Value) {
        const type = checker.getTypeOfSymbol(symbol)
        // A constant may be a module whose functions were wrapped.
        const inner = type.getSymbol()
        if (inner && inner.flags & ts.SymbolFlags.ValueModule) visit(inner, `${name}.`)
        else look(name, type)
      }
    }
  }

  function look(name: string, type: ts.Type): void {
    for (const { parameters, declaration } of [
      ...type.getCallSignatures(),
      ...type.getConstructSignatures(),
    ]) {
      if (!declaration || !isOurs(declaration)) continue
      for (const [i, parameter] of parameters.entries()) {
        const type = checker.getNonNullableType(checker.getTypeOfSymbol(parameter))
        const properties = optionsOf(type, parameter.name === 'options')
        if (!properties) continue
        const before = parameters.slice(0, i).map((one) => one.name)
        const documented = properties.map((property) => document(checker, property, declaration))
        const options = new Map([...(found.get(name)?.options ?? []), ...documented].map((o) => [o.name, o]))
        found.set(name, { name, before, options: [...options.values()] })
      }
    }
  }

  visit(checker.getSymbolAtLocation(program.getSourceFile(`${root}src/index.ts`)!)!, '')
  return [...found.values()]
}

/** Whether it is declared here, and can be called: abstract classes cannot. */
function isOurs(declaration: ts.Node): boolean {
  const ours = declaration.getSourceFile().fileName.startsWith(`${root}src/`)
  return (
    ours && !(ts.getCombinedModifierFlags(declaration.parent as ts.Declaration) & ts.ModifierFlags.Abstract)
  )
}

/** The properties of an object of options; undefined where the type is not one. */
function optionsOf(type: ts.Type, called: boolean): readonly ts.Symbol[] | undefined {
  if (type.isUnion()) return type.types.map((one) => optionsOf(one, called)).find((found) => found)
  const isObject = type.isIntersection() || (type.flags & ts.TypeFlags.Object) !== 0
  if (!isObject || type.getCallSignatures().length > 0) return undefined
  const properties = type.getProperties()
  const optional = properties.length > 0 && properties.every(({ flags }) => flags & ts.SymbolFlags.Optional)
  const named = (type.aliasSymbol ?? type.symbol)?.name.endsWith('Options')
  return properties.length > 0 && (called || named || optional) ? properties : undefined
}

function document(checker: ts.TypeChecker, option: ts.Symbol, at: ts.Node): DocumentedOption {
  const type = checker.getNonNullableType(checker.getTypeOfSymbolAtLocation(option, at))
  const fallback = option.getJsDocTags(checker).find(({ name }) => name === 'default')?.text
  return {
    name: option.name,
    isRequired: !(option.flags & ts.SymbolFlags.Optional),
    type: checker.typeToString(type, undefined, ts.TypeFormatFlags.NoTruncation),
    fallback: fallback && ts.displayPartsToString(fallback),
    about: ts.displayPartsToString(option.getDocumentationComment(checker)),
  }
}

const namespaces = [
  'compile',
  'Variable',
  'data',
  'nn',
  'ops',
  'optim',
  'schedule',
  'train',
  'study',
  'doctor',
  'log',
]

/** The page of all options, published as docs/options.md. */
export function optionsPage(takers: readonly Taker[]): string {
  const sections = namespaces.map((namespace) => {
    const own = takers.filter(({ name }) => name.split('.')[0] === namespace)
    return own.length === 0 ? [] : [`## ${namespace}`, ...alike(own).map(table)]
  })
  const intro =
    '# Options\n\nEvery option of every public function and class, from the declarations that check them: ' +
    '`npx jiti scripts/options.ts`\nwrites this page. An option in **bold** must be given.'
  return `${[intro, ...sections.flat()].join('\n\n')}\n`
}

/** Groups functions that take the same options, in the order of their first. */
function alike(takers: readonly Taker[]): (readonly Taker[])[] {
  const groups = new Map<string, Taker[]>()
  for (const taker of takers) {
    const key = JSON.stringify(taker.options)
    groups.set(key, [...(groups.get(key) ?? []), taker])
  }
  return [...groups.values()]
}

function table(group: readonly Taker[]): string {
  const rows = group[0]!.options.map(({ name, isRequired, type, fallback, about }) =>
    [isRequired ? `**${name}**` : name, `\`${type}\``, fallback ?? '', about].map(cell).join(' | '),
  )
  const title = `### ${group.map(({ name }) => name).join(', ')}`
  return [title, '', 'option | type | default | meaning', '--- | --- | --- | ---', ...rows].join('\n')
}

const cell = (text: string): string => text.replaceAll(/\s*\n\s*/g, ' ').replaceAll('|', '\\|')
