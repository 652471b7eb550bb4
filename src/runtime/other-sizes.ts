import { ArgumentError } from '../core/errors.ts'
import { type Shape, sameShape, sizeOf } from '../core/shape.ts'
import { type Tensor, topological } from '../core/tensor.ts'
import { elementForms, type Traces, withoutRepeats } from './open-graph.ts'
import { type Form, formOf, varies } from './sizes.ts'

/**
 * Checks that a graph, derived from the given traces, computes what the model does for another number of
 * examples, n. JavaScript may branch on that number: `x.shape[0] === 1 ? y : f(y)`.
 *
 * The graphs are compared from their results back to their inputs. Nodes that only change the shape, or have no
 * effect for this n (a mean over one example), may be missing in either graph. Every constant must have the
 * value that its formula gives.
 *
 * @param root result of the trace with `n` examples
 * @param same whether an input of the first trace and an input of the other trace stand for the same thing
 * @throws {ArgumentError} when the other trace computes something else.
 */
export function checkAt(
  n: number,
  root: Tensor,
  traces: Traces,
  same: (a: Tensor, b: Tensor) => boolean,
): void {
  const expected = new Expected(n, traces)
  const refused = (t: Tensor): ArgumentError => unlike(traces.who, n, traces.sizes[0]!, t)
  if (!sameShape(expected.shapeOf(traces.roots[0]!) ?? root.shape, root.shape)) throw refused(root)
  const done = new Map<Tensor, Set<Tensor>>()
  const pairs: [Tensor, Tensor][] = [[traces.roots[0]!, root]]
  for (let pair = pairs.pop(); pair; pair = pairs.pop()) {
    const [a, b] = [essenceOf(pair[0], expected.shapeOf, expected.isOne), essenceOf(pair[1], shapeOf, isOne)]
    if (done.get(a)?.has(b)) continue
    if (!isSame(a, b, expected, same)) throw refused(b)
    done.set(a, (done.get(a) ?? new Set()).add(b))
    const [left, right] = [operands(a, expected.shapeOf), operands(b, shapeOf)]
    pairs.push(...left.map((x, i): [Tensor, Tensor] => [x, right[i]!]))
  }
}

const unlike = (who: string, n: number, other: number, { op }: Tensor): ArgumentError =>
  new ArgumentError(
    `${who}: wanted the same computation for any number of examples, got another for ${n} than for ${other} ` +
      `(${op}); compute what depends on the number by operators, not by JavaScript`,
  )

type ShapeOf = (t: Tensor) => Shape | undefined

const shapeOf: ShapeOf = ({ shape }) => shape

type IsOne = (t: Tensor) => boolean

const isOne: IsOne = ({ data }) => data?.length === 1 && Number(data[0]) === 1

/** What the traces predict for another number of examples: each tensor's shape, and the values of constants. */
class Expected {
  readonly #n: number
  readonly #traces: Traces
  readonly #orders: readonly (readonly Tensor[])[]
  readonly #places: ReadonlyMap<Tensor, number>
  readonly #shapes = new Map<Tensor, Shape | undefined>()

  constructor(n: number, traces: Traces) {
    this.#n = n
    this.#traces = traces
    this.#orders = traces.roots.map((root) => topological([root]))
    this.#places = new Map(this.#orders[0]!.map((t, i) => [t, i]))
  }

  readonly shapeOf = (t: Tensor): Shape | undefined => {
    if (!this.#shapes.has(t)) this.#shapes.set(t, this.#shapeAt(this.#all(t)))
    return this.#shapes.get(t)
  }

  /** Whether a constant has its predicted values. */
  hasValues(t: Tensor, { data }: Tensor): boolean {
    const all = this.#all(t)
    const shape = this.shapeOf(t)
    if (!shape || sizeOf(shape) !== data!.length) return false
    const at = this.#valueAt(all, shape)
    return at !== undefined && Array.from(data!, Number).every((value, i) => isClose(value, at(i)))
  }

  /** Whether a constant is predicted to be 1, as the factor 1/n of a mean is for one example. */
  readonly isOne: IsOne = (t) => {
    const shape = t.op === 'Constant' ? this.shapeOf(t) : undefined
    return shape !== undefined && sizeOf(shape) === 1 && this.#valueAt(this.#all(t), shape)?.(0) === 1
  }

  #all(t: Tensor): Tensor[] {
    const place = this.#places.get(t)!
    return this.#orders.map((order) => order[place]!)
  }

  #shapeAt(all: readonly Tensor[]): Shape | undefined {
    const { sizes } = this.#traces
    const forms = all[0]!.shape.map((_, axis) =>
      formOf(
        all.map(({ shape }) => shape[axis]!),
        sizes,
        'int64',
      ),
    )
    return forms.every((form) => form !== undefined) ? forms.map((form) => this.#at(form)) : undefined
  }

  #at({ factor, base, offset }: Form): number {
    return factor === 0 ? offset : factor * base.at(this.#n) + offset
  }

  /** Returns a function from an element's index to its predicted value; undefined if there is none. */
  #valueAt(all: readonly Tensor[], shape: Shape): ((i: number) => number) | undefined {
    const { sizes } = this.#traces
    const [first] = all as [Tensor]
    const fixed = all.every((t) => sameShape(t.shape, first.shape))
    if (fixed) {
      const forms = elementForms(all, sizes)
      return forms && ((i) => this.#at(forms[i]!))
    }
    const axes = first.shape.map(
      (_, axis) =>
        formOf(
          all.map((t) => t.shape[axis]!),
          sizes,
          'int64',
        )!,
    )
    const unique = all.map((t) => withoutRepeats(t, axes))
    const forms = unique.includes(undefined) ? undefined : elementForms(unique as Tensor[], sizes)
    const isLong = axes.map(varies)
    if (forms) return (i) => this.#at(forms[placeOf(i, shape, isLong)]!)
    const [start, step] = [0, 1].map((k) =>
      formOf(
        all.map(({ data }) => Number(data![k]) - (k && Number(data![0]))),
        sizes,
        first.dtype,
      ),
    )
    return start && step && ((i) => this.#at(start) + i * this.#at(step))
  }
}

/** Returns the index that element `i` gets once each axis with `isLong` is reduced to a single element. */
function placeOf(i: number, shape: Shape, isLong: readonly boolean[]): number {
  let [at, rest, stride] = [0, i, 1]
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    if (!isLong[axis]) {
      at += (rest % shape[axis]!) * stride
      stride *= shape[axis]!
    }
    rest = Math.trunc(rest / shape[axis]!)
  }
  return at
}

/** Whether two numbers are equal up to rounding. */
const isClose = (a: number, b: number): boolean =>
  Object.is(a, b) || a === b || Math.abs(a - b) <= 1e-6 * Math.max(Math.abs(a), Math.abs(b))

const reductions = new Set(['ReduceSum', 'ReduceMean', 'ReduceMax', 'ReduceMin', 'ReduceProd'])
const reshaping = new Set(['Reshape', 'Squeeze', 'Unsqueeze', 'Flatten', 'Identity'])

function essenceOf(t: Tensor, shapeOf: ShapeOf, isOne: IsOne): Tensor {
  for (;;) {
    const next = below(t, shapeOf, isOne)
    if (!next) return t
    t = next
  }
}

/** Returns the input of `t` that has all of its elements in the same order; undefined if there is none. */
function below(t: Tensor, shapeOf: ShapeOf, isOne: IsOne): Tensor | undefined {
  const [x, y] = t.inputs
  if (reshaping.has(t.op) || (t.op === 'Mul' && isOne(y!))) return x
  if (t.op === 'Mul' && isOne(x!)) return y
  if (t.op === 'Concat') {
    const parts = operands(t, shapeOf)
    return parts.length === 1 ? parts[0] : undefined
  }
  const [size, before] = [shapeOf(t), x && shapeOf(x)]
  if (!size || !before || sizeOf(size) !== sizeOf(before)) return undefined
  if (t.op === 'Expand' || reductions.has(t.op)) return x
  return t.op === 'Slice' && !turns(t, before) ? x : undefined
}

/** Whether a slice reverses the order along an axis of more than one element. */
function turns({ inputs }: Tensor, before: Shape): boolean {
  const [axes, steps] = [inputs[3]?.data, inputs[4]?.data]
  return !!steps && Array.from(steps, Number).some((step, i) => step < 0 && before[Number(axes![i])]! > 1)
}

/** Returns the inputs of an operator that are to be compared; for Concat, only those that are not empty. */
function operands(t: Tensor, shapeOf: ShapeOf): readonly Tensor[] {
  if (t.op !== 'Concat') return t.inputs
  return t.inputs.filter((x) => {
    const shape = shapeOf(x)
    return !shape || sizeOf(shape) > 0
  })
}

/** Whether two tensors are computed by the same operation, whatever its inputs are. */
function isSame(a: Tensor, b: Tensor, expected: Expected, same: (a: Tensor, b: Tensor) => boolean): boolean {
  if (a.op !== b.op || a.dtype !== b.dtype) return false
  if (a.op === 'Input') return same(a, b)
  if (a.op === 'Constant') return expected.hasValues(a, b)
  const recipe = ({ attributes, output }: Tensor): string => JSON.stringify([attributes, output])
  return operands(a, expected.shapeOf).length === operands(b, shapeOf).length && recipe(a) === recipe(b)
}
