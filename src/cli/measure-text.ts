import { dash, figure } from '../core/text.ts'
import type { About } from '../train/run-graph.ts'
import { alignedTable } from './table.ts'

/** Returns the width of the names in a listing of measurements: that of the longest, and 12 at least. */
export const nameWidth = (names: readonly string[]): number =>
  Math.max(12, ...names.map((name) => name.length))

/** Names of the classes of the targets or, of several outputs, the targets of each. */
export interface Targets {
  readonly classNames?: readonly string[] | undefined
  readonly tensors?: About['target']['tensors'] | undefined
}

/** Returns the names of the classes that a measurement is of: those of the output that its name begins with. */
export const classNamesOf = (
  result: string,
  { classNames, tensors }: Targets,
): readonly string[] | undefined => (tensors ? tensors[result.split('.')[0]!]?.classNames : classNames)

interface Layout {
  /** Names of the classes 0, 1, …, if they have names. */
  readonly classNames?: readonly string[] | undefined
  /** Width of the names, which a number follows. */
  readonly width: number
  /** Maximum width of a line. */
  readonly columns: number
}

/**
 * Returns a metric's value as lines for people: a number as it is, the values of a list with the names of their
 * classes, and a confusion matrix as a table.
 */
export function measureText(name: string, value: unknown, { classNames, width, columns }: Layout): string {
  const head = name.padEnd(width)
  if (typeof value === 'number') return `${head} ${value.toFixed(6)}\n`
  if (!Array.isArray(value)) return `${head} ${JSON.stringify(value)}\n`
  const nameOf = (i: number): string => classNames?.[i] ?? `class ${i}`
  if (value.some(Array.isArray)) return `${name}\n${matrixTable(value, nameOf, columns)}`
  const rows = value.map((one, i) => [nameOf(i), numberText(one)])
  return `${name}\n${indented(alignedTable(rows, { columns: columns - 2, left: 1 }))}`
}

/** Returns a confusion matrix as a table: a row for each label, a column for each prediction. */
function matrixTable(
  matrix: readonly (readonly unknown[])[],
  nameOf: (i: number) => string,
  columns: number,
): string {
  const cells = matrix.map((row) => row.map(numberText))
  const widest = (texts: readonly string[]): number => Math.max(...texts.map((text) => text.length))
  const names = matrix.map((_, i) => nameOf(i))
  const widths = matrix.map((_, j) => widest([names[j]!, ...cells.map((row) => row[j]!)]))
  const label = 'label'
  const total = widths.reduce((sum, width) => sum + width + 2, 2 + widest([label, ...names]))
  const isWide = total > columns
  // Columns of long names do not fit: they have numbers, which the names of the rows repeat.
  const titles = names.map((name, i) => (isWide ? String(i) : name))
  const heads = names.map((name, i) => (isWide && name !== `class ${i}` ? `${i} ${name}` : name))
  const rows = [[label, ...titles], ...cells.map((row, i) => [heads[i]!, ...row])]
  const least = rows.reduce((most, [, ...row]) => Math.max(most, row.join('  ').length), 0) + label.length + 4
  if (least > columns) return confusions(matrix, nameOf, columns)
  return `  columns: predicted classes\n${indented(alignedTable(rows, { columns: columns - 2, left: 1 }))}`
}

/** Number of confusions to list of a matrix that is too wide. */
const listed = 10

/** Lists the largest values of a confusion matrix that are no correct predictions. */
function confusions(
  matrix: readonly (readonly unknown[])[],
  nameOf: (i: number) => string,
  columns: number,
): string {
  const all = matrix.flatMap((row, i) => row.map((value, j) => ({ i, j, value: Number(value) })))
  const wrong = all.filter(({ i, j, value }) => i !== j && value > 0).sort((a, b) => b.value - a.value)
  const rows = wrong.slice(0, listed).map(({ i, j, value }) => [nameOf(i), nameOf(j), numberText(value)])
  const head = ['label', 'predicted as', 'value']
  const table = alignedTable([head, ...rows], { columns: columns - 2, left: 2 })
  return `  the ${rows.length} largest of ${wrong.length} confusions; --json has all ${matrix.length} rows\n${indented(table)}`
}

const numberText = (value: unknown): string => (typeof value === 'number' ? figure(value, 4) : dash)

const indented = (text: string): string => text.replace(/^(?=.)/gm, '  ')
