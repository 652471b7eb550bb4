import { sizeOf } from '../core/shape.ts'
import { constant, node, type Tensor, topological } from '../core/tensor.ts'
import { rebuild } from '../onnx/rebuild.ts'
import { add, mul, neg, sub } from '../ops/arithmetic.ts'
import { reshape } from '../ops/broadcast.ts'
import { fewestElements } from './large-batch.ts'

/** Least ratio of examples to a layer's outputs from which on it is faster to scale the weights than the inputs. */
const fewestExamples = 1.5

/** A batch whose columns are scaled and shifted, `y = c·s + shift`: what batch normalization returns. */
interface Scaled {
  readonly c: Tensor
  readonly s: Tensor
  readonly shift: Tensor | undefined
}

/** The gradient of a batch normalization, `dx = (dy − m − c·k)·s`, of which only it uses `dy = dz·W`. */
interface Gradient {
  readonly dy: Tensor
  readonly dz: Tensor
  readonly weight: Tensor
  readonly m: Tensor
  readonly c: Tensor
  readonly k: Tensor
  readonly s: Tensor
}

type Users = ReadonlyMap<Tensor, readonly Tensor[]>
type RemadeOf = (t: Tensor) => Tensor

/**
 * Computes what lies between batch normalizations of vectors and the linear layers that follow them, and the gradients,
 * in fewer passes over the batch. Sums over the batch of `dy = dz·W` come from sums of dz, and the product subtracts
 * the mean m of dy:
 *
 *     Σdy = Σdz·W    dy − m = [dz·W − m]    Σ dy·c = Σ (dy − m)·c, as Σc = 0
 *
 * If a layer has fewer outputs than the batch has examples, its weights are scaled rather than its inputs `y = c·s + β`.
 * With `G = dzᵀ·c`, and sums over outputs k:
 *
 *     y·Wᵀ + b = c·(W·s)ᵀ + (W·β + b)    dW = G·s + Σdz·β    Σ dy·c = Σₖ W·G    (dy − m)·s = dz·(W·s) − m·s
 */
export function normalizedInputs(roots: readonly Tensor[]): Tensor[] {
  const users = usersOf(roots)
  const order = topological(roots)
  const scaled = new Map(order.flatMap((y) => entry(y, scaledOf(y, users))))
  const gradients = order.flatMap((dx) => entry(dx, gradientOf(dx, users)))
  const ofDx = new Map(gradients)
  const ofDy = new Map(gradients.map(([, gradient]) => [gradient.dy, gradient]))
  const scaledInputs = new Set([...scaled.values()].map(({ c }) => c))
  const rewrite = (t: Tensor, remadeOf: RemadeOf): Tensor | undefined => {
    const [a, b] = t.inputs
    const dx = ofDx.get(t)
    if (dx) return inputGradient(dx, scaledInputs.has(dx.c), remadeOf)
    if (isSum(t)) return sumOf(ofDy, t, scaledInputs, remadeOf)
    if (isForward(t) && scaled.has(a!)) return forward(scaled.get(a!)!, t, remadeOf)
    if (isWeightGradient(t) && scaled.has(b!)) return weightGradient(scaled.get(b!)!, a!, remadeOf)
    const dy = t.op === 'Mul' ? ofDy.get(a!) : undefined
    return dy && mul(centred(dy, remadeOf), remadeOf(dy.c))
  }
  return rebuild(
    roots,
    (t, before, remadeOf) => rewrite(before, remadeOf) ?? t,
    ({ op, inputs }) => {
      const dy = op === 'Mul' ? ofDy.get(inputs[0]!) : undefined
      return dy ? [...inputs, dy.m] : inputs
    },
  )
}

const entry = <T>(key: Tensor, value: T | undefined): [Tensor, T][] => (value ? [[key, value]] : [])

/** Lists the nodes that use each tensor; a tensor that the graph returns is used by itself too. */
function usersOf(roots: readonly Tensor[]): Users {
  const users = new Map<Tensor, Tensor[]>()
  const use = (x: Tensor, t: Tensor): void => {
    const known = users.get(x)
    if (known) known.push(t)
    else users.set(x, [t])
  }
  for (const root of roots) use(root, root)
  for (const t of topological(roots)) for (const x of t.inputs) use(x, t)
  return users
}

/** Returns what `y` is computed from if it is a scaled batch that only layers with few outputs use. */
function scaledOf(y: Tensor, users: Users): Scaled | undefined {
  const [product, shift] = y.op === 'Add' ? y.inputs : [y]
  const [c, s] = product!.op === 'Mul' ? product!.inputs : []
  if (!isLarge(c) || c.op !== 'Sub') return undefined
  if (!isRow(s, c) || (shift && !isRow(shift, c))) return undefined
  const uses = users.get(y)!
  const layers = uses.filter((use) => isForward(use) && use.inputs[0] === y && use.inputs[1] !== y)
  const others = uses.filter((use) => !layers.includes(use))
  const outputs = layers.reduce((sum, { shape }) => sum + shape[1]!, 0)
  const isInput = layers.length > 0 && others.every((use) => isWeightGradient(use) && use.inputs[0] !== y)
  return isInput && c.shape[0]! >= fewestExamples * outputs ? { c, s: s!, shift } : undefined
}

/** Returns what `dx` is computed from if it is the gradient of a batch normalization before a linear layer. */
function gradientOf(dx: Tensor, users: Users): Gradient | undefined {
  const [difference, s] = dx.op === 'Mul' ? dx.inputs : []
  const [left, part] = difference?.op === 'Sub' ? difference.inputs : []
  const [dy, m] = left?.op === 'Sub' ? left.inputs : []
  const [c, k] = part?.op === 'Mul' ? part.inputs : []
  if (!isBatch(dy) || !isLarge(c) || ![m, k, s].every((row) => isRow(row, c))) return undefined
  const [dz, weight] = dy.inputs
  if (!isPlain(dy, 0, 0) || dy.inputs.length !== 2 || dz!.shape[0]! < weight!.shape[0]!) return undefined
  if (!isCentred(c) || !isMean(m!, dy)) return undefined
  const uses = users.get(dy)!
  const isOwn = (t: Tensor): boolean =>
    t === left || isSum(t) || (t.op === 'Mul' && t.inputs[0] === dy && t.inputs[1] === c && areSums(t))
  const areSums = (t: Tensor): boolean => users.get(t)!.every(isSum)
  return uses.every(isOwn) ? { dy, dz: dz!, weight: weight!, m: m!, c, k: k!, s: s! } : undefined
}

function forward({ c, s, shift }: Scaled, layer: Tensor, remadeOf: RemadeOf): Tensor {
  const [, weight, ...bias] = layer.inputs.map(remadeOf)
  const moved = shift && [rowTimesTransposed(remadeOf(shift), weight!)]
  const total = [...(moved ?? []), ...bias]
  const sum = total.length === 2 ? [add(total[0]!, total[1]!)] : total
  return gemm([remadeOf(c), mul(weight!, remadeOf(s)), ...sum], 0, 1)
}

/** `row · matrixᵀ`. As a transposed column, the row is multiplied by any number of threads with the same result. */
const rowTimesTransposed = (row: Tensor, matrix: Tensor): Tensor =>
  reshape(gemm([reshape(row, [row.shape[0]!, 1]), matrix], 1, 1), [matrix.shape[0]!])

function weightGradient({ c, s, shift }: Scaled, dz: Tensor, remadeOf: RemadeOf): Tensor {
  const scaled = mul(gemm([remadeOf(dz), remadeOf(c)], 1, 0), remadeOf(s))
  if (!shift) return scaled
  const total = rowTimes(onesFor(dz), remadeOf(dz))
  const [left, right] = [total, remadeOf(shift)].map((row) => reshape(row, [1, row.shape[0]!]))
  return add(scaled, gemm([left!, right!], 1, 0))
}

/** Rewrites a sum over the batch of dy or of dy·c. */
function sumOf(
  ofDy: ReadonlyMap<Tensor, Gradient>,
  t: Tensor,
  scaledInputs: ReadonlySet<Tensor>,
  remadeOf: RemadeOf,
): Tensor | undefined {
  const [factors, matrix] = t.inputs as [Tensor, Tensor]
  const whole = ofDy.get(matrix)
  if (whole) return rowTimes(rowTimes(factors, remadeOf(whole.dz)), remadeOf(whole.weight))
  const found = matrix.op === 'Mul' ? ofDy.get(matrix.inputs[0]!) : undefined
  if (!found || !scaledInputs.has(found.c)) return undefined
  const weight = remadeOf(found.weight)
  const g = gemm([remadeOf(found.dz), remadeOf(found.c)], 1, 0)
  return rowTimes(onesFor(weight, factors.data![0]), mul(weight, g))
}

function inputGradient(gradient: Gradient, isScaled: boolean, remadeOf: RemadeOf): Tensor {
  const { dz, weight, m, c, k, s } = gradient
  const [part, scale] = [remadeOf(k), remadeOf(s)]
  if (!isScaled) return mul(sub(centred(gradient, remadeOf), mul(remadeOf(c), part)), scale)
  const scaled = gemm([remadeOf(dz), mul(remadeOf(weight), scale), mul(negative(remadeOf(m)), scale)], 0, 0)
  return sub(scaled, mul(remadeOf(c), mul(part, scale)))
}

/** `dy − m`. */
const centred = ({ dz, weight, m }: Gradient, remadeOf: RemadeOf): Tensor =>
  gemm([remadeOf(dz), remadeOf(weight), negative(remadeOf(m))], 0, 0)

/** `−x`; divides by the negative divisor if `x` is divided by a constant. */
function negative(x: Tensor): Tensor {
  const divisor = x.op === 'Div' ? x.inputs[1]! : undefined
  if (!divisor?.data) return neg(x)
  const { data, shape, dtype } = divisor
  return {
    ...x,
    inputs: [
      x.inputs[0]!,
      constant(
        Array.from(data, (value) => -value),
        shape,
        dtype,
      ),
    ],
  }
}

/** Product of two matrices, and the sum with a row if there is a third input. */
const gemm = (inputs: readonly Tensor[], transA: number, transB: number): Tensor => {
  const [a, b] = inputs
  const shape = [a!.shape[transA ? 1 : 0]!, b!.shape[transB ? 0 : 1]!]
  return node('Gemm', { inputs, attributes: { transA, transB }, shape })
}

const rowTimes = (row: Tensor, matrix: Tensor): Tensor =>
  node('MatMul', { inputs: [row, matrix], shape: [matrix.shape[1]!] })

/** A row of ones, or of other equal `value`s, that sums the rows of a matrix. */
const onesFor = ({ shape }: Tensor, value: number = 1): Tensor =>
  constant(new Float32Array(shape[0]!).fill(value), [shape[0]!])

const isBatch = (t: Tensor | undefined): t is Tensor => t?.shape.length === 2 && t.dtype === 'float32'

/** Whether passes over `t` take longer than the operators that replace them. */
const isLarge = (t: Tensor | undefined): t is Tensor => isBatch(t) && sizeOf(t.shape) >= fewestElements

const isRow = (t: Tensor | undefined, matrix: Tensor): boolean =>
  t?.shape.length === 1 && t.shape[0] === matrix.shape[1]

const isPlain = ({ op, attributes }: Tensor, transA: number, transB: number): boolean =>
  op === 'Gemm' &&
  attributes.alpha === undefined &&
  attributes.transA === transA &&
  attributes.transB === transB

/** Whether `t` is `x·Wᵀ`, perhaps with a bias. */
const isForward = (t: Tensor): boolean =>
  isPlain(t, 0, 1) && (t.inputs.length === 2 || t.inputs[2]!.shape.length === 1)

/** Whether `t` is `dzᵀ·x`. */
const isWeightGradient = (t: Tensor): boolean => isPlain(t, 1, 0) && t.inputs.length === 2

/** Whether `t` sums the rows of a matrix, or takes their mean. */
const isSum = ({ op, inputs: [row, matrix] }: Tensor): boolean =>
  op === 'MatMul' && row!.shape.length === 1 && isBatch(matrix) && equalValue(row!) !== undefined

/** Returns the value that all elements of a constant have; undefined for other tensors. */
const equalValue = ({ data }: Tensor): number | undefined =>
  data && Array.from(data).every((value) => value === data[0]) ? data[0] : undefined

/** Whether `mean` is the mean of the rows of `dy`, by a sum and a quotient. */
const isMean = ({ op, inputs: [total, divisor] }: Tensor, dy: Tensor): boolean =>
  op === 'Div' && divisor!.op === 'Constant' && isSum(total!) && total!.inputs[1] === dy

/** Whether the mean of the rows of its first input was subtracted to get `c`, so that its rows sum up to 0. */
function isCentred({ op, inputs: [x, mean] }: Tensor): boolean {
  const [row, matrix] = op === 'Sub' ? mean!.inputs : []
  return mean?.op === 'MatMul' && matrix === x && equalValue(row!) === 1 / row!.shape[0]!
}
