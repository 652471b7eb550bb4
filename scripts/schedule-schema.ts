import { fileURLToPath } from 'node:url'
import ts from 'typescript'
import type { Option } from '../src/core/options.ts'
import * as schedule from '../src/schedule/index.ts'

const entry = fileURLToPath(new URL('../src/schedule/index.ts', import.meta.url))

/**
 * The JSON Schema of a schedule in a file, published as schema/schedule.json: a number, the short text, or a
 * spec.
 *
 * It gives the types and ranges of single fields, and describes them as the comments of their declarations do.
 * `schedule.parse` also checks which values go together.
 */
export function scheduleJsonSchema(): object {
  const comments = readComments()
  const specs = schedule.kinds.map(({ type, fields }) => {
    const { about, fields: abouts } = comments(type)
    const properties = Object.entries(fields).map(([name, field]) => [name, property(field, abouts[name])])
    const required = Object.keys(fields).filter((name) => 'required' in fields[name]!)
    return {
      type: 'object',
      properties: { type: { type: 'string', const: type }, ...Object.fromEntries(properties) },
      required: ['type', ...required],
      additionalProperties: false,
      description: about,
    }
  })
  const description = 'A number, short text like "cosine 0.1 to 0 over 1000", or a spec.'
  return {
    title: 'A schedule of Evenstep',
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    $ref: '#/$defs/schedule',
    $defs: { schedule: { description, anyOf: [{ type: 'number' }, { type: 'string' }, { oneOf: specs }] } },
  }
}

function property({ fallback, json }: Option<unknown>, description: string | undefined): object {
  return { ...(fallback !== undefined && { default: fallback }), ...json, description }
}

/** The comments of a type of schedule: the first paragraph of its constructor's, and each field's. */
type Comments = (type: string) => { about: string; fields: Readonly<Record<string, string>> }

function readComments(): Comments {
  const program = ts.createProgram([entry], { allowImportingTsExtensions: true, noEmit: true, types: [] })
  const checker = program.getTypeChecker()
  const index = checker.getSymbolAtLocation(program.getSourceFile(entry)!)!
  const makers = checker.getExportsOfModule(index)
  const commentOf = (symbol: ts.Symbol) => ts.displayPartsToString(symbol.getDocumentationComment(checker))
  return (type) => {
    const found = makers.find(({ name }) => name === type)!
    const maker = found.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(found) : found
    const fields = checker.getTypeAtLocation(fieldsIn(maker.valueDeclaration!)).getProperties()
    const about = commentOf(maker).split('\n\n')[0]!.replaceAll('\n', ' ')
    return { about, fields: Object.fromEntries(fields.map((field) => [field.name, commentOf(field)])) }
  }
}

/** The `fields: …` in the declaration of a constructor. */
function fieldsIn(node: ts.Node): ts.Expression {
  const find = (node: ts.Node): ts.Expression | undefined =>
    ts.isPropertyAssignment(node) && node.name.getText() === 'fields'
      ? node.initializer
      : ts.forEachChild(node, find)
  return find(node)!
}
