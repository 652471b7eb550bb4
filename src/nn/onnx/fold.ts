import { type DType, isFloat } from '../../core/dtype.ts'
import { type Shape, sizeOf } from '../../core/shape.ts'
import { constant, type Tensor, topological } from '../../core/tensor.ts'

// Computes tensors that depend on constants alone, while a graph is traced: an ONNX file computes the shapes that it
// reshapes to, and Evenstep's shapes are static.

/** Maximum number of elements of a tensor that is folded. */
const mostFolded = 1 << 16

/** Whether a tensor's numbers are known while its graph is built. */
export const isKnown = (t: Tensor | undefined): t is Tensor & { readonly data: ArrayLike<number> } =>
  t?.op === 'Constant'

type Known = { readonly shape: Shape; readonly data: readonly number[] }
type Index = readonly number[]
/** Returns the numbers of a tensor, given those of its inputs. */
type Kernel = (t: Tensor, inputs: readonly Known[]) => number[]

const strides = (shape: Shape): number[] => shape.map((_, i) => sizeOf(shape.slice(i + 1)))
const unravel = (i: number, shape: Shape, steps: Index): number[] =>
  shape.map((n, d) => Math.floor(i / steps[d]!) % n)
const ravel = (at: Index, shape: Shape): number => at.reduce((sum, i, d) => sum * shape[d]! + i, 0)
const made = ({ shape }: Tensor, at: (index: number[]) => number): number[] => {
  const steps = strides(shape)
  return Array.from({ length: sizeOf(shape) }, (_, i) => at(unravel(i, shape, steps)))
}

/** The element that a broadcast operand shows at a place of the result. */
const shown = ({ shape, data }: Known, at: Index): number =>
  data[
    ravel(
      shape.map((n, d) => (n === 1 ? 0 : at[at.length - shape.length + d]!)),
      shape,
    )
  ]!

const each =
  (f: (...values: number[]) => number): Kernel =>
  (t, inputs) =>
    made(t, (at) => f(...inputs.map((x) => shown(x, at))))

const reducing =
  (f: (a: number, b: number) => number, start: number): Kernel =>
  (t, [x, axes]) => {
    const gone = new Set(axes!.data)
    const kept = x!.shape.map((n, d) => (gone.has(d) ? 1 : n))
    const steps = strides(x!.shape)
    const out = new Map<number, number>()
    x!.data.forEach((value, i) => {
      const at = unravel(i, x!.shape, steps).map((a, d) => (gone.has(d) ? 0 : a))
      const key = ravel(at, kept)
      out.set(key, f(out.get(key) ?? start, value))
    })
    return Array.from({ length: sizeOf(t.shape) }, (_, i) => out.get(i) ?? start)
  }

/** Largest and smallest int64 that a float64 holds without overflow. */
const largest = 2 ** 63 - 1024
const limits: Partial<Record<DType, number>> = { int32: 2 ** 31 - 1, int64: largest }

/** Returns a number within the range of int64; the file's largest int64 becomes one that a float64 holds. */
export const within64 = (value: number): number => Math.min(largest, Math.max(-largest, value))

const toType = (dtype: DType, value: number): number => {
  if (dtype === 'bool') return Number(value !== 0)
  if (isFloat(dtype)) return value
  const most = limits[dtype]!
  return Math.min(most, Math.max(-most, Math.trunc(value)))
}

const elementwise: Readonly<Record<string, Kernel>> = {
  Add: each((a, b) => a! + b!),
  Sub: each((a, b) => a! - b!),
  Mul: each((a, b) => a! * b!),
  Div: (t, inputs) => each((a, b) => (isFloat(t.dtype) ? a! / b! : Math.trunc(a! / b!)))(t, inputs),
  Pow: each((a, b) => a! ** b!),
  Max: each(Math.max),
  Min: each(Math.min),
  Equal: each((a, b) => Number(a === b)),
  Greater: each((a, b) => Number(a! > b!)),
  Less: each((a, b) => Number(a! < b!)),
  GreaterOrEqual: each((a, b) => Number(a! >= b!)),
  LessOrEqual: each((a, b) => Number(a! <= b!)),
  And: each((a, b) => a! & b!),
  Or: each((a, b) => a! | b!),
  Xor: each((a, b) => a! ^ b!),
  Not: each((a) => 1 - a!),
  Where: each((c, a, b) => (c ? a! : b!)),
  Neg: each((a) => -a!),
  Abs: each((a) => Math.abs(a!)),
  Sqrt: each((a) => Math.sqrt(a!)),
  Exp: each((a) => Math.exp(a!)),
  Log: each((a) => Math.log(a!)),
  Floor: each((a) => Math.floor(a!)),
  Ceil: each((a) => Math.ceil(a!)),
  Sign: each((a) => Math.sign(a!)),
  Reciprocal: each((a) => 1 / a!),
  Identity: each((a) => a!),
  Expand: (t, [x]) => made(t, (at) => shown(x!, at)),
  Cast: (t, [x]) => x!.data.map((value) => toType(t.dtype, value)),
}

const moving: Readonly<Record<string, Kernel>> = {
  Reshape: (_, [x]) => [...x!.data],
  Transpose: ({ attributes, ...t }, [x]) =>
    made({ attributes, ...t }, (at) => {
      const from: number[] = []
      ;(attributes.perm as readonly number[]).forEach((p, i) => {
        from[p] = at[i]!
      })
      return x!.data[ravel(from, x!.shape)]!
    }),
  Gather: (t, [x, index]) => {
    const axis = t.attributes.axis as number
    return made(t, (at) => {
      const i = index!.data[at[axis]!]!
      return x!.data[ravel(at.with(axis, i < 0 ? i + x!.shape[axis]! : i), x!.shape)]!
    })
  },
  Slice: (t, [x, starts, , , steps]) =>
    made(t, (at) => {
      const from = at.map((a, d) => starts!.data[d]! + a * steps!.data[d]!)
      return x!.data[ravel(from, x!.shape)]!
    }),
  Concat: (t, inputs) => {
    const axis = t.attributes.axis as number
    return made(t, (at) => {
      let a = at[axis]!
      const part = inputs.find(({ shape }) => {
        if (a < shape[axis]!) return true
        a -= shape[axis]!
        return false
      })!
      return part.data[ravel(at.with(axis, a), part.shape)]!
    })
  },
  ReduceSum: reducing((a, b) => a + b, 0),
  ReduceProd: reducing((a, b) => a * b, 1),
  ReduceMax: reducing(Math.max, Number.NEGATIVE_INFINITY),
  ReduceMin: reducing(Math.min, Number.POSITIVE_INFINITY),
}

const kernels: ReadonlyMap<string, Kernel> = new Map(Object.entries({ ...elementwise, ...moving }))

/** Maximum number of tensors between a folded tensor and the constants that it depends on. */
const mostSteps = 10_000

/** Returns `t`, or the constant that it equals if it depends on small constants alone. */
export function foldConstant(t: Tensor): Tensor {
  if (isKnown(t)) return t
  const order = topological([t])
  if (order.length > mostSteps) return t
  const found = new Map<Tensor, Tensor>()
  for (const one of order) {
    const made = isKnown(one)
      ? one
      : computed(
          one,
          one.inputs.map((input) => found.get(input)!),
        )
    if (made === undefined || sizeOf(made.shape) > mostFolded) return t
    found.set(one, made)
  }
  return found.get(t)!
}

/** Returns the constant that a tensor equals, given its inputs as constants; undefined if no kernel computes it. */
function computed(t: Tensor, inputs: readonly Tensor[]): Tensor | undefined {
  const kernel = kernels.get(t.op)
  if (!kernel || inputs.length === 0 || sizeOf(t.shape) > mostFolded) return undefined
  const known = inputs.map((x): Known => ({ shape: x.shape, data: Array.from(x.data!, Number) }))
  return constant(kernel(t, known), t.shape, t.dtype)
}
