import { ArgumentError } from '../core/errors.ts'
import { sameShape, sizeOf } from '../core/shape.ts'
import { int64s, node, scalar, type Tensor, topological } from '../core/tensor.ts'
import { sameValues } from '../onnx/simplify.ts'
import { add, mul } from '../ops/arithmetic.ts'
import { type Form, formOf, varies, type Writer } from './sizes.ts'

/** The same computation, traced with several numbers of examples. */
export interface Traces {
  /** Name of the caller, for the beginning of error messages. */
  readonly who: string
  /** Number of examples of each trace. */
  readonly sizes: readonly number[]
  /** Result of each trace, in the order of `sizes`. */
  readonly roots: readonly Tensor[]
}

/**
 * Returns the graph of the first trace, with each constant that depends on the number of examples replaced by
 * operators that compute it.
 *
 * @param same whether graph inputs, one from each trace, stand for the same thing
 * @throws {ArgumentError} when the traces differ in anything but constants and shapes.
 */
export function openGraph(
  { who, sizes, roots }: Traces,
  write: Writer,
  same: (ts: Tensor[]) => boolean,
): Tensor {
  const orders = roots.map((root) => topological([root]))
  checkAlike(who, orders, sizes, same)
  const open = new Map<Tensor, Tensor>()
  for (const [i, t] of orders[0]!.entries()) {
    const nodes = orders.map((order) => order[i]!)
    if (t.op === 'Constant') {
      if (t === roots[0]) open.set(t, openConstant(nodes, { who, sizes }, write, 'the result'))
      continue
    }
    const inputs = t.inputs.map((x, j) => {
      if (x.op !== 'Constant') return open.get(x)!
      const constants = nodes.map(({ inputs }) => inputs[j]!)
      return freeSizes(nodes, j, sizes) ?? openConstant(constants, { who, sizes }, write, t.op)
    })
    open.set(t, inputs.every((x, j) => x === t.inputs[j]) ? t : { ...t, inputs })
  }
  return open.get(roots[0]!)!
}

/** @throws {ArgumentError} unless the traces have the same operators, attributes and connections. */
function checkAlike(
  who: string,
  orders: readonly (readonly Tensor[])[],
  sizes: readonly number[],
  same: (ts: Tensor[]) => boolean,
): void {
  const places = orders.map((order) => new Map(order.map((t, i) => [t, i])))
  const recipe = ({ op, inputs, attributes, dtype, output, shape }: Tensor, k: number): string =>
    JSON.stringify([op, inputs.map((x) => places[k]!.get(x)), attributes, dtype, output, shape.length])
  const other = orders.findIndex(
    (order, k) =>
      order.length !== orders[0]!.length || order.some((t, i) => recipe(t, k) !== recipe(orders[0]![i]!, 0)),
  )
  const inputs = orders[0]!.flatMap((t, i) => (t.op === 'Input' ? [orders.map((order) => order[i]!)] : []))
  if (other < 0 && inputs.every(same)) return
  throw unlikeGraphs(who, sizes[0]!, sizes[Math.max(1, other)]!)
}

/** Returns the error for a model whose operators for `a` examples differ from its operators for `b`. */
export const unlikeGraphs = (who: string, a: number, b: number): ArgumentError =>
  new ArgumentError(
    `${who}: wanted the same operators for any number of examples, got others for ${a} than for ${b}; ` +
      'replace a loop over examples by operators',
  )

/** An index beyond the end of any axis. */
const theEnd = Number.MAX_SAFE_INTEGER

/**
 * Returns a constant, right for any number of examples, for the sizes that an operator takes as input `j`: −1 in a
 * Reshape, 1 in an Expand along an axis that already has the size, the greatest integer as the end of a Slice.
 * Returns undefined if there is no such constant.
 */
function freeSizes(nodes: readonly Tensor[], j: number, sizes: readonly number[]): Tensor | undefined {
  const [{ op, inputs }] = nodes as [Tensor]
  const forms = sizesAt(nodes, j, sizes)
  if (!forms) return undefined
  const isAxis = (value: number, axis: number): boolean =>
    axis >= 0 && nodes.every((t) => t.inputs[0]!.shape[axis] === Number(t.inputs[j]!.data![value]))
  const free = (to: (i: number) => number | undefined): Tensor | undefined => {
    const values = forms.map((form, i) => (varies(form) ? to(i) : form.offset))
    return values.includes(undefined) ? undefined : int64s(values as number[])
  }
  if (op === 'Reshape' && j === 1) {
    const alone = forms.filter((form) => varies(form) || form.offset <= 0).length === 1
    return alone ? free(() => -1) : undefined
  }
  if (op === 'Expand' && j === 1) {
    const added = forms.length - inputs[0]!.shape.length
    return free((i) => (isAxis(i, i - added) ? 1 : undefined))
  }
  if (op === 'Slice' && j === 2 && inputs.length === 5) {
    const [axes, steps] = [inputs[3]!.data!, inputs[4]!.data!]
    return free((i) => (Number(steps[i]) > 0 && isAxis(i, Number(axes[i])) ? theEnd : undefined))
  }
  return undefined
}

/** Returns the sizes in input `j` as functions of the example count; undefined if none varies or one has no form. */
function sizesAt(nodes: readonly Tensor[], j: number, sizes: readonly number[]): Form[] | undefined {
  const lists = nodes.map(({ inputs }) => inputs[j]!)
  if (lists.some(({ dtype, shape }) => dtype !== 'int64' || !sameShape(shape, lists[0]!.shape)))
    return undefined
  const forms = elementForms(lists, sizes)
  return forms?.some(varies) ? forms : undefined
}

/** Returns elements of constants as functions of the number of examples; undefined if one has no known form. */
export function elementForms(constants: readonly Tensor[], sizes: readonly number[]): Form[] | undefined {
  const [{ data, dtype }] = constants as [Tensor]
  const forms: Form[] = []
  for (let i = 0; i < data!.length; i++) {
    const form = formOf(
      constants.map((t) => Number(t.data![i])),
      sizes,
      dtype,
    )
    if (!form) return undefined
    forms.push(form)
  }
  return forms
}

/** Returns a tensor that, for each trace's number of examples, equals that trace's constant in `constants`. */
function openConstant(
  constants: readonly Tensor[],
  { who, sizes }: Omit<Traces, 'roots'>,
  write: Writer,
  user: string,
): Tensor {
  const [first] = constants as [Tensor]
  const alike = constants.every(({ shape }) => sameShape(shape, first.shape))
  if (alike && constants.every(({ data }) => sameValues(first.data, data))) return first
  const forms = alike ? elementForms(constants, sizes) : undefined
  const open = forms ? write(forms, first.shape, first.dtype) : stretched(constants, sizes, write)
  if (open) return open
  throw new ArgumentError(
    `${who}: wanted constants that follow from the number of examples, got one of ${user} that does not; ` +
      'compute it by operators',
  )
}

/** Returns one tensor for constants whose shape varies: elements repeated along the varying axes, or a range. */
function stretched(
  constants: readonly Tensor[],
  sizes: readonly number[],
  write: Writer,
): Tensor | undefined {
  const [{ dtype, shape }] = constants as [Tensor]
  if (constants.some((t) => t.shape.length !== shape.length)) return undefined
  const dims = shape.map((_, axis) =>
    formOf(
      constants.map((t) => t.shape[axis]!),
      sizes,
      'int64',
    ),
  )
  if (dims.includes(undefined)) return undefined
  const forms = dims as Form[]
  const target = write(forms, [forms.length], 'int64')
  const unique = constants.map((t) => withoutRepeats(t, forms))
  const elements = unique.includes(undefined) ? undefined : elementForms(unique as Tensor[], sizes)
  if (elements) {
    const small = write(elements, unique[0]!.shape, dtype)
    return node('Expand', { inputs: [small, target], shape })
  }
  const line = sizeOf(shape) === Math.max(...shape) ? ramp(constants, sizes, write) : undefined
  return line && node('Reshape', { inputs: [line, target], attributes: { allowzero: 1 }, shape })
}

/** Shortens each varying axis to its first element; returns undefined unless all elements along it are equal. */
export function withoutRepeats(t: Tensor, forms: readonly Form[]): Tensor | undefined {
  const shape = t.shape.map((n, axis) => (varies(forms[axis]!) ? 1 : n))
  const data = new Float64Array(sizeOf(shape))
  const seen = new Uint8Array(data.length)
  for (let i = 0; i < t.data!.length; i++) {
    let [at, rest, stride] = [0, i, 1]
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      if (!varies(forms[axis]!)) {
        at += (rest % t.shape[axis]!) * stride
        stride *= shape[axis]!
      }
      rest = Math.trunc(rest / t.shape[axis]!)
    }
    const value = Number(t.data![i])
    if (seen[at] && !Object.is(data[at], value)) return undefined
    seen[at] = 1
    data[at] = value
  }
  return { ...t, data, shape }
}

/**
 * Merges a constant as it is for each number of examples in `sizes`: if each is a sequence `start, start + step, …`, and
 * only its length differs, returns one tensor that computes it for any number of examples; otherwise undefined.
 */
function ramp(constants: readonly Tensor[], sizes: readonly number[], write: Writer): Tensor | undefined {
  const { dtype } = constants[0]!
  const numbers = constants.map(({ data }) => Array.from(data!, Number))
  const steps = numbers.map(([a, b]) => b! - a!)
  if (dtype === 'bool' || numbers.some((all, k) => all.some((v, i) => v !== all[0]! + i * steps[k]!))) {
    return undefined
  }
  const [start, step, length] = [numbers.map((all) => all[0]!), steps, numbers.map((all) => all.length)].map(
    (values) => formOf(values, sizes, dtype),
  )
  if (!start || !step || !length) return undefined
  const one = (form: Form): Tensor => write([form], [], dtype)
  const range = { inputs: [scalar(0, dtype), one(length), scalar(1, dtype)], shape: [numbers[0]!.length] }
  return add(mul(node('Range', { ...range, dtype }), one(step)), one(start))
}
