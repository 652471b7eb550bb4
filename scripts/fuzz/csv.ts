import { gzipSync } from 'node:zlib'
import type { Dataset } from '../../src/data/dataset.ts'
import { csv as readCsv } from '../../src/data/files/csv.ts'
import type { CsvOptions } from '../../src/data/formats/csv-options.ts'
import type { Draw, FuzzFile, FuzzReader } from './reader.ts'

/** CSV files as programs and people write them, a part of them with a mistake. */
export const csv: FuzzReader = {
  name: 'csv',
  make: (draw) => csvFile(draw, draw.chance(0.4)),
}

/** How a file is written. */
interface Style {
  readonly delimiter: string
  readonly decimal: '.' | ','
  readonly thousands: string | undefined
  readonly comment: string | undefined
  readonly quotes: 'minimal' | 'all' | 'some'
  readonly end: string
}

const words = [
  'cat',
  'dog',
  'Zürich',
  'x, y',
  'say "hi"',
  'two\nlines',
  '猫',
  'a;b|c',
  'tab\there',
  '#1',
  'yes',
]
const missingMarks = ['', 'NA', 'NaN', 'null', 'n/a', '#N/A', '<NA>']
const mistakes = [
  '12x',
  'inf',
  '-Infinity',
  '1e999',
  '0x1F',
  '--1',
  '1 2',
  '1_000',
  'nul',
  '1,2,3',
  '∞',
  '1e',
]

/** Makes a file. @param flawed whether to put a mistake into it */
export function csvFile(draw: Draw, flawed: boolean): FuzzFile & { readonly options: CsvOptions } {
  const style = styleOf(draw)
  const features = 1 + draw.below(5)
  const kinds = draw.list(features, () =>
    draw.of(['integer', 'decimal', 'exponent', 'boolean', 'large'] as const),
  )
  const holes = draw.chance(0.4) ? 0.15 : 0
  const marks = draw.chance(0.3) ? ['-999', 'missing'] : undefined
  const isLabel = draw.chance(0.7)
  const classes = draw.list(1 + draw.below(4), () => (draw.chance(0.3) ? `${draw.below(9)}` : draw.of(words)))
  const rows = draw.chance(0.02) ? 3000 : draw.below(25) + 1
  const cell = (kind: Kind): string =>
    draw.chance(holes) ? draw.of(marks ?? missingMarks) : numeral(draw, kind, style)
  const last = (): string => (isLabel ? draw.of(classes) : numeral(draw, 'decimal', style))
  const table = draw.list(rows, () => [...kinds.map(cell), last()])
  const names = [...kinds.map((_, i) => `${draw.of(['size', 'größe', 'a b', 'col'])} ${i}`), 'the "k"']
  const header = draw.chance(0.7)
  const skip = draw.chance(0.15) ? 1 + draw.below(2) : 0
  const lines = [...draw.list(skip, () => ['Report of May']), ...(header ? [names] : []), ...table]
  const options: CsvOptions = {
    [isLabel ? 'label' : 'target']: header && draw.chance(0.7) ? 'the "k"' : -1,
    ...(!header && { header: false }),
    ...(style.delimiter !== ',' && { delimiter: style.delimiter === ' ' ? 'whitespace' : style.delimiter }),
    ...(style.decimal !== '.' && { decimal: style.decimal }),
    ...(style.thousands !== undefined && { thousands: style.thousands }),
    ...(style.comment !== undefined && { comment: style.comment }),
    ...(skip > 0 && { skip }),
    ...(marks !== undefined && { naValues: marks }),
    ...(holes > 0 && { missing: draw.of(['drop', 0, -1.5] as const) }),
    ...(draw.chance(0.3) && { dtype: 'float64' }),
  }
  const damagedLines = flawed && draw.chance(0.6) ? withMistake(draw, lines) : lines
  const text = damagedLines.map((cells) => line(draw, cells, style, lines.indexOf(cells) < skip)).join('')
  const encoded = encode(draw, text)
  const content = flawed ? damaged(draw, encoded.bytes) : encoded.bytes
  const given = { ...options, ...encoded.options }
  return {
    name: 'a.csv',
    content,
    options: given,
    about: given,
    read: (path) => checked(readCsv(path, given)),
  }
}

type Kind = 'integer' | 'decimal' | 'exponent' | 'boolean' | 'large'

function styleOf(draw: Draw): Style {
  const delimiter = draw.of([',', ',', ',', ';', '\t', '|', ' '])
  const decimal = delimiter !== ',' && draw.chance(0.3) ? ',' : '.'
  const thousands = draw.chance(0.15) ? (decimal === ',' ? '.' : delimiter === ',' ? "'" : ',') : undefined
  const comment = draw.chance(0.2) ? '#' : undefined
  const quotes = draw.of(['minimal', 'minimal', 'all', 'some'] as const)
  return { delimiter, decimal, thousands, comment, quotes, end: draw.of(['\n', '\n', '\r\n', '\r', 'mixed']) }
}

function numeral(draw: Draw, kind: Kind, { decimal, thousands }: Style): string {
  const value = draw.normal() * 10 ** (draw.below(9) - 3)
  if (kind === 'boolean') return draw.of(['True', 'False'])
  if (kind === 'exponent') return value.toExponential(draw.below(12)).replace('.', decimal)
  const text =
    kind === 'integer'
      ? `${Math.round(value)}`
      : kind === 'large'
        ? `${value * 1e9}`
        : value.toFixed(draw.below(8))
  const [whole = '', fraction] = text.replace('-0', '0').split('.')
  const grouped = thousands === undefined ? whole : whole.replace(/\B(?=(?:\d{3})+$)/g, thousands)
  return fraction === undefined ? grouped : `${grouped}${decimal}${fraction}`
}

function line(draw: Draw, cells: readonly string[], style: Style, isPreamble: boolean): string {
  const end = style.end === 'mixed' ? draw.of(['\n', '\r\n', '\r']) : style.end
  if (isPreamble) return cells.join(',') + end
  const blank = (): string => (style.delimiter !== '\t' && draw.chance(0.05) ? ' ' : '')
  const values = cells.map((cell) => {
    const needs = cell === '' ? style.delimiter === ' ' : /[",;|#\s]/.test(cell)
    const isQuoted = needs || style.quotes === 'all' || (style.quotes === 'some' && draw.chance(0.3))
    const value = isQuoted ? `"${cell.replaceAll('"', '""')}"` : cell
    return style.delimiter === ' ' ? value : blank() + value + blank()
  })
  const gap = style.delimiter === ' ' ? ' '.repeat(1 + draw.below(3)) : style.delimiter
  const note = style.comment !== undefined && draw.chance(0.1) ? ` ${style.comment} "note, no. 5` : ''
  const before = draw.chance(0.03) ? end : ''
  return before + values.join(gap) + note + end
}

/** Changes a row, or the names of the columns, as a person or program may have. */
function withMistake(draw: Draw, lines: readonly string[][]): string[][] {
  const changed = lines.map((cells) => [...cells])
  const cells = draw.of(changed)
  const at = draw.below(cells.length)
  const change = draw.below(5)
  if (change === 0) cells[at] = draw.of(mistakes)
  else if (change === 1) cells.splice(at, 1)
  else if (change === 2) cells.push(draw.of(words))
  else if (change === 3) cells[at] = cells[0]!
  else cells[at] = draw.of(['x', '"']).repeat(1 + draw.below(100_000))
  return changed
}

function encode(draw: Draw, text: string): { bytes: Uint8Array; options: CsvOptions } {
  const latin = draw.chance(0.1) && [...text].every((character) => character.charCodeAt(0) < 256)
  const kind = latin ? 'windows-1252' : draw.of(['plain', 'plain', 'plain', 'mark', 'le', 'be'])
  const wide = (): Buffer => Buffer.from(`\ufeff${text}`, 'utf16le')
  const bytes =
    kind === 'le' ? wide() : kind === 'be' ? wide().swap16() : Buffer.from(text, latin ? 'latin1' : 'utf8')
  const marked = kind === 'mark' ? Buffer.concat([Buffer.of(0xef, 0xbb, 0xbf), bytes]) : bytes
  const zipped = draw.chance(0.1) ? gzipSync(marked) : marked
  return { bytes: zipped, options: latin ? { encoding: 'windows-1252' } : {} }
}

/** Changes some bytes: a quote that opens or closes nothing, NUL, a byte that is no text, a cut, a part twice. */
function damaged(draw: Draw, bytes: Uint8Array): Uint8Array {
  const at = draw.below(bytes.length)
  const [before, after] = [bytes.subarray(0, at), bytes.subarray(at)]
  const put = draw.of([
    () => Buffer.from('"'),
    () => Buffer.of(0),
    () => Buffer.of(0x80 + draw.below(128)),
    () => Buffer.from(draw.of(['\r', '\n', ',', ';', '#', '\ufeff', ' '])),
    () => bytes.subarray(draw.below(at + 1), at),
    () => undefined,
  ])()
  return put === undefined ? before : new Uint8Array(Buffer.concat([before, put, after]))
}

/** Returns a data set whose lengths agree and whose numbers are finite. */
function checked(set: Dataset): Dataset {
  const { length, x, y, classes } = set
  const size = x.shape.reduce((a, b) => a * b, 1)
  if (x.data.length !== length * size || y.data.length !== length) throw new Error('lengths disagree')
  if (!Array.from(x.data, Number).every(Number.isFinite)) throw new Error('x is not finite')
  if (!Array.from(y.data, Number).every(Number.isFinite)) throw new Error('y is not finite')
  if (classes !== undefined && Array.from(y.data, Number).some((label) => label < 0 || label >= classes)) {
    throw new Error('labels are out of range')
  }
  return set
}
