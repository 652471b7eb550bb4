import { readers } from '../spec/readers.ts'
import type { Draft, DraftLayer } from './draft.ts'

/** What a written experiment says besides its settings. */
export interface Story {
  /** Command that wrote it. */
  readonly command: string
  /** What it predicts, from what. */
  readonly about: string
  /** How the learning rate was found. */
  readonly rate: string
}

/** Maximum number of columns of a line of code. */
const widest = 110

/** Returns the source code of a module that exports the drafted experiment, with comments. */
export function moduleOf(draft: Draft, story: Story): string {
  const { loss, optimizer, metrics, batchSize, epochs, seed } = draft
  const { type, ...rest } = optimizer
  const settings = [
    'data: split,',
    'model,',
    `loss: ops.${loss},`,
    `// ${story.rate}`,
    `optimizer: optim.${type}(${literal(rest)}),`,
    ...(metrics ? [`metrics: { ${metricsText(metrics)} },`] : []),
    `batchSize: ${batchSize},`,
    `epochs: ${epochs},`,
    `seed: ${seed},`,
  ]
  return [
    `// ${plain(story.about)} Written by: ${plain(story.command)}`,
    "import { join } from 'node:path'",
    `import { data, nn, ops, optim, train } from ${literal('evenstep')}`,
    '',
    ...dataLines(draft),
    '',
    ...modelLines(draft.model),
    '',
    'export default train.experiment({',
    ...settings.map((line) => `  ${line}`),
    '})',
    '',
  ].join('\n')
}

const metricsText = (metrics: Readonly<Record<string, string>>): string =>
  Object.entries(metrics)
    .map(([name, type]) => `${name}: train.metrics.${type}()`)
    .join(', ')

/** Lines that read the data, split them and, unless they are a table, normalize them. */
function dataLines({ data }: Draft): string[] {
  const { split, normalize, ...own } = data
  const reader = Object.keys(own).find((name) => Object.hasOwn(readers, name))!
  const { [reader]: paths, ...options } = own
  const isTable = reader === 'table'
  const files = [paths].flat().map((path) => `join(import.meta.dirname, ${literal(path)})`)
  const given = Object.keys(options).length > 0 ? [literal(options)] : []
  const isLater = isTable || reader === 'imageFolder'
  const read = call(`data.${reader}`, [...files, ...given])
  const cut = call('data.split', ['examples', literal(split)])
  return [
    ...(isTable
      ? [
          '// Kinds of columns are guessed; training prints them. Change one by columns: { NAME: KIND }, where the kind is',
          "// 'number', 'boolean', 'category', 'ordinal', 'date', 'text' or 'ignore'.",
        ]
      : []),
    `const examples = ${isLater ? 'await ' : ''}${read}`,
    '',
    '// Validation guides training. Nothing chooses on the test part: measure it once, when all else is decided.',
    normalize === undefined
      ? `const split = ${cut}`
      : `const split = ${call('data.normalize', [cut, literal(normalize)])}`,
  ]
}

/** Lines that define the model as a function. */
function modelLines(layers: readonly DraftLayer[]): string[] {
  const isTable = layers[0]![0] === 'TabularInput'
  const comment =
    '// Batch normalization follows each layer of weights but the last, and would cancel its bias: hence bias: false.'
  const lines = layers.map((layer, i) => (isTable && i === 0 ? 'input,' : `${layerText(layer)},`))
  if (!isTable) return [comment, 'const model = (): nn.Module =>', ...sequence(lines, '  ')]
  return [
    comment,
    'function model(): nn.Module {',
    '  const input = new nn.TabularInput(split.train) // categories become learned vectors',
    ...sequence(lines, '  ').map((line, i) => (i === 0 ? line.replace('new', 'return new') : line)),
    '}',
  ]
}

const sequence = (lines: readonly string[], indent: string): string[] => [
  `${indent}new nn.Sequential(`,
  ...lines.map((line) => `${indent}  ${line}`),
  `${indent})`,
]

/** Returns the code that makes a layer; layers that learn from the training data get it as first argument. */
function layerText([name, ...args]: DraftLayer): string {
  const given = args.map((one) => (one === 'features' ? 'input.features' : literal(one)))
  return `new nn.${name}(${[...(name === 'Denormalize' ? ['split.train'] : []), ...given].join(', ')})`
}

/** Returns a call on one line or, if that is too long for a declaration, with an argument a line. */
function call(name: string, args: readonly string[]): string {
  const line = `${name}(${args.join(', ')})`
  if (line.length <= widest - 'const examples = await '.length) return line
  return `${name}(\n${args.map((arg) => `  ${arg},\n`).join('')})`
}

/** Returns a JSON value as TypeScript: `{ label: 'kind', size: [64, 64] }`. */
export function literal(value: unknown): string {
  if (typeof value === 'string') return quoted(value)
  if (Array.isArray(value)) return `[${value.map(literal).join(', ')}]`
  if (typeof value !== 'object' || value === null) return String(value)
  const entries = Object.entries(value).map(([key, one]) => {
    return `${/^[a-z_$][\w$]*$/i.test(key) ? key : quoted(key)}: ${literal(one)}`
  })
  return `{ ${entries.join(', ')} }`
}

/** Returns a text as a string literal, with control characters as escapes. */
function quoted(text: string): string {
  const inner = JSON.stringify(text).slice(1, -1).replaceAll('\\"', '"')
  const safe = inner.replace(/[\u2028\u2029]/g, (c) => `\\u${c.charCodeAt(0).toString(16)}`)
  return safe.includes("'") && !safe.includes('"') ? `"${safe}"` : `'${safe.replaceAll("'", "\\'")}'`
}

/** Returns a text for a comment, which it cannot end. */
const plain = (text: string): string => text.replace(/[\p{Cc}\u2028\u2029]/gu, ' ')
