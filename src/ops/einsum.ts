import { ArgumentError } from '../core/errors.ts'
import { misfit, sizeOf } from '../core/shape.ts'
import type { Tensor } from '../core/tensor.ts'
import { reshape, sum } from './broadcast.ts'
import { matmul } from './matmul.ts'
import { transpose } from './movement.ts'

/** A tensor whose axes are named by letters, as in an equation of `einsum`. */
interface Lettered {
  readonly letters: readonly string[]
  readonly t: Tensor
}

/**
 * Sum of products of tensors, by an equation that names each axis with a letter. As PyTorch's `einsum`.
 *
 *     einsum('bij,bjk->bik', a, b)[b, i, k] = Σⱼ a[b, i, j] · b[b, j, k]
 *
 * Letters that are not in the result are summed over. Without an arrow, the result has the letters that occur
 * only once, in alphabetical order. Operands are multiplied from left to right, each pair as one matrix
 * product.
 *
 * @throws {ArgumentError} when the equation does not parse, repeats a letter within one operand, or uses `...`.
 * @throws {ShapeError} when operands do not have the axes of their letters, or sizes of one letter differ.
 */
export function einsum(equation: string, ...operands: readonly Tensor[]): Tensor {
  const { inputs, output } = parse(equation)
  const [wanted, got] = [inputs.length, operands.length]
  if (got !== wanted) throw new ArgumentError(`einsum: wanted ${wanted} operands for ${equation}, got ${got}`)
  const named = inputs.map((letters, i): Lettered => ({ letters, t: operands[i]! }))
  checkSizes(named)
  const product = named.reduce((left, right, i) => {
    const later = named.slice(i + 1).flatMap(({ letters }) => letters)
    return contract(left, right, new Set([...output, ...later]))
  })
  return arrange(sumOut(product, new Set(output)), output)
}

function parse(equation: string): { readonly inputs: string[][]; readonly output: string[] } {
  const parts = /^([a-zA-Z,]*)(?:->([a-zA-Z]*))?$/.exec(equation.replaceAll(' ', ''))
  if (!parts) throw new ArgumentError(`einsum: wanted letters as in 'ij,jk->ik', got '${equation}'`)
  const inputs = parts[1]!.split(',').map((letters) => [...letters])
  const all = inputs.flat()
  const once = (letter: string): boolean => all.indexOf(letter) === all.lastIndexOf(letter)
  const output = parts[2] === undefined ? all.filter(once).sort() : [...parts[2]]
  for (const letters of [...inputs, output]) {
    if (new Set(letters).size !== letters.length) {
      throw new ArgumentError(`einsum: wanted each letter once within ${letters.join('')}, got '${equation}'`)
    }
  }
  const unknown = output.find((letter) => !all.includes(letter))
  if (unknown) throw new ArgumentError(`einsum: wanted ${unknown} in an operand, got '${equation}'`)
  return { inputs, output }
}

function checkSizes(named: readonly Lettered[]): void {
  const sizes = new Map<string, number>()
  for (const { letters, t } of named) {
    if (letters.length !== t.shape.length) {
      throw misfit('einsum', `${letters.length} axes for ${letters.join('') || 'no letters'}`, t.shape)
    }
    letters.forEach((letter, i) => {
      const size = sizes.get(letter) ?? t.shape[i]!
      if (size !== t.shape[i]) throw misfit('einsum', `one size for ${letter}`, `${size} and ${t.shape[i]}`)
      sizes.set(letter, size)
    })
  }
}

/** Multiplies two operands, and sums over the axes whose letters are not in `needed`. */
function contract(left: Lettered, right: Lettered, needed: ReadonlySet<string>): Lettered {
  const a = sumOut(left, new Set([...needed, ...right.letters]))
  const b = sumOut(right, new Set([...needed, ...left.letters]))
  const shared = a.letters.filter((letter) => b.letters.includes(letter))
  const batch = shared.filter((letter) => needed.has(letter))
  const summed = shared.filter((letter) => !needed.has(letter))
  const rows = a.letters.filter((letter) => !shared.includes(letter))
  const columns = b.letters.filter((letter) => !shared.includes(letter))
  const product = matmul(grouped(a, batch, rows, summed), grouped(b, batch, summed, columns))
  const letters = [...batch, ...rows, ...columns]
  const shape = letters.map((letter) => sizeIn(a, letter) ?? sizeIn(b, letter)!)
  return { letters, t: reshape(product, shape) }
}

const sizeIn = ({ letters, t }: Lettered, letter: string): number | undefined =>
  t.shape[letters.indexOf(letter)]

/** Merges axes of `x` into a matrix `[rows, columns]`, or `[batch, rows, columns]` if `batch` is not empty. */
function grouped(
  x: Lettered,
  batch: readonly string[],
  rows: readonly string[],
  columns: readonly string[],
): Tensor {
  const size = (letters: readonly string[]): number => sizeOf(letters.map((letter) => sizeIn(x, letter)!))
  const matrix = [size(rows), size(columns)]
  const shape = batch.length ? [size(batch), ...matrix] : matrix
  return reshape(arrange(x, [...batch, ...rows, ...columns]), shape)
}

const sumOut = ({ letters, t }: Lettered, needed: ReadonlySet<string>): Lettered => {
  const gone = letters.flatMap((letter, i) => (needed.has(letter) ? [] : [i]))
  return gone.length === 0
    ? { letters, t }
    : { letters: letters.filter((letter) => needed.has(letter)), t: sum(t, gone) }
}

function arrange({ letters, t }: Lettered, order: readonly string[]): Tensor {
  const axes = order.map((letter) => letters.indexOf(letter))
  return axes.every((axis, i) => axis === i) ? t : transpose(t, axes)
}
