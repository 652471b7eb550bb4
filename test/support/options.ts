import ts from 'typescript'

/** A public function or class that takes an object of options. */
export interface Taker {
  /** Its path from the package: `nn.Linear`. */
  readonly name: string
  /** Its parameters before the options. */
  readonly before: readonly string[]
  /** The names of its options. */
  readonly options: readonly string[]
}

const root = new URL('../../', import.meta.url).pathname

/**
 * Every public function and class with a parameter that is called `options`, or whose type is called `…Options` or has
 * optional properties alone. Overloads count as one.
 */
export function optionTakers(): Taker[] {
  const { config } = ts.readConfigFile(`${root}tsconfig.json`, ts.sys.readFile)
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root)
  const program = ts.createProgram([`${root}src/index.ts`], options)
  const checker = program.getTypeChecker()
  const found = new Map<string, Taker>()

  function visit(module: ts.Symbol, prefix: string): void {
    for (const exported of checker.getExportsOfModule(module)) {
      const name = prefix + exported.name
      const symbol = exported.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(exported) : exported
      if (symbol.flags & ts.SymbolFlags.ValueModule) visit(symbol, `${name}.`)
      else if (symbol.flags & ts.SymbolFlags.Value) look(name, checker.getTypeOfSymbol(symbol))
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
        const names = optionsOf(type, parameter.name === 'options')
        if (!names) continue
        const before = parameters.slice(0, i).map((one) => one.name)
        const options = new Set([...(found.get(name)?.options ?? []), ...names])
        found.set(name, { name, before, options: [...options] })
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

/** The names of an object of options; undefined where the type is none. */
function optionsOf(type: ts.Type, called: boolean): readonly string[] | undefined {
  if (type.isUnion()) return type.types.map((one) => optionsOf(one, called)).find((names) => names)
  const isObject = type.isIntersection() || (type.flags & ts.TypeFlags.Object) !== 0
  if (!isObject || type.getCallSignatures().length > 0) return undefined
  const properties = type.getProperties()
  const optional = properties.length > 0 && properties.every(({ flags }) => flags & ts.SymbolFlags.Optional)
  const named = (type.aliasSymbol ?? type.symbol)?.name.endsWith('Options')
  return properties.length > 0 && (called || named || optional)
    ? properties.map(({ name }) => name)
    : undefined
}
