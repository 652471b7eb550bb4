import { type Body as NodeBody, type Tensor, topological } from '../core/tensor.ts'
import { beforeLoop } from './before-loop.ts'
import { aroundLoop, type Carried, joinState } from './joined-state.ts'
import type { ValueInfoProto } from './messages.ts'
import {
  atPlace,
  type FilePlace,
  type Graph,
  loopProto,
  modelBytes,
  type Node,
  nodeProto,
  tensorProto,
  valueInfo,
  withBody,
} from './proto.ts'
import { byNode, simplify } from './simplify.ts'
import { splitSlices } from './split-slices.ts'

export type Named = ReadonlyMap<string, Tensor>

/**
 * Returns the bytes of an ONNX model that computes `outputs` from `inputs`, without unused inputs.
 *
 * @param inputs tensors by name; a constant among them becomes a named constant, not an input
 */
export function toOnnx(inputs: Named, outputs: Named): Uint8Array {
  const graph = bodyOf('step', inputs, simplified(outputs, inputs))
  const used = [...inputs].filter(([, t]) => t.op === 'Input' && graph.used.has(t))
  return modelBytes({
    ...graph,
    input: used.map(([name, { dtype, shape }]) => valueInfo(name, dtype, shape)),
  })
}

/** Shape of an input or output. A size that may vary is given as a name, such as `N`. */
export type OpenShape = readonly (number | string)[]

/**
 * Returns an ONNX graph, with nodes as given (unsimplified), whose inputs and outputs may have varying sizes.
 *
 * @param inputs tensors by name; a constant among them becomes a named constant, not an input
 * @param shapeOf returns the shape of an input or output by its name
 * @param places location of the values of named constants that are stored in another file, by the constant's name
 */
export function varyingGraph(
  inputs: Named,
  outputs: Named,
  shapeOf: (name: string, t: Tensor) => OpenShape,
  places: ReadonlyMap<string, FilePlace> = new Map(),
): Graph {
  const info = ([name, t]: readonly [string, Tensor]): ValueInfoProto =>
    valueInfo(name, t.dtype, shapeOf(name, t))
  const { used: _, ...body } = bodyOf('model', inputs, outputs)
  return {
    ...body,
    initializer: body.initializer.map((one) => atPlace(one, places.get(one.name!))),
    input: [...inputs].filter(([, t]) => t.op === 'Input').map(info),
    output: [...outputs].map(info),
  }
}

/** One step of a loop: its input and output tensors by name. */
export interface Repeated {
  /** Inputs with a new value for each step: the model takes the values of K steps, `[K, …]`. */
  readonly stacked: Named
  /** Inputs with the same value in all steps. */
  readonly fixed: Named
  readonly carried: Carried
  /** Results of each step: the model returns the results of all K steps, `[K, …]`. */
  readonly outputs: Named
}

/** Names of the inputs and outputs that Evenstep adds to a model, beside those that the caller names. */
export const graphNames = {
  /** Name of the input for the number of steps of a loop, int64. */
  count: '#count',
  /** Returns the name of the output for the value of a variable after the step. */
  next: (variable: string): string => `next:${variable}`,
} as const

const inner = (name: string): string => `step:${name}`

/**
 * Returns the bytes of an ONNX model that repeats a step in one `Loop`. Its inputs are `#count` (the number of
 * steps, int64) and the stacked, fixed and carried inputs; its outputs are `next:NAME` (the last value of each
 * carried input) and the stacked outputs.
 */
export function toOnnxLoop({ stacked, fixed, carried: given, outputs: returned }: Repeated): Uint8Array {
  const { carried, outputs, joints } = joinState({ carried: given, outputs: returned })
  const { step, used, once } = loopBody({ stacked, fixed, carried, outputs })
  const { before, after, constants } = aroundLoop(joints, (name) => carried.has(name), graphNames.next)
  const infoOf = (given: Iterable<readonly [string, Tensor]>, ...prefix: string[]): ValueInfoProto[] =>
    [...given].map(([name, t]) => valueInfo(name, t.dtype, [...prefix, ...t.shape]))
  const usedOf = (given: Named): [string, Tensor][] => [...given].filter(([, t]) => used.has(t))
  const read = [...given].map(([name, { read }]) => [name, read] as const)
  const written = read.map(([name, t]) => [graphNames.next(name), t] as const)
  const results = [...[...carried.keys()].map(graphNames.next), ...outputs.keys()]
  return modelBytes({
    name: 'steps',
    node: [
      ...before,
      ...once.node,
      loopProto([graphNames.count, '', ...carried.keys()], results, step),
      ...after,
    ],
    initializer: [...constants, ...once.initializer],
    input: [
      valueInfo(graphNames.count, 'int64', []),
      ...infoOf(usedOf(stacked), 'K'),
      ...infoOf([...usedOf(fixed), ...read]),
    ],
    output: [...infoOf(written), ...infoOf(outputs, 'K')],
  })
}

/**
 * Makes the body of a loop, which takes the current step's slice of each stacked input and computes the step, and what
 * is computed once before the loop.
 */
function loopBody({ stacked, fixed, carried, outputs }: Repeated): {
  step: Graph
  once: Body
  used: ReadonlySet<Tensor>
} {
  const given = new Map([
    ...[...stacked].map(([name, t]) => [inner(name), t] as const),
    ...[...carried].map(([name, { read }]) => [inner(name), read] as const),
    ...fixed,
  ])
  const results = new Map([
    ...[...carried].map(([name, { written }]) => [inner(graphNames.next(name)), written] as const),
    ...[...outputs].map(([name, t]) => [inner(name), t] as const),
  ])
  const parted = beforeLoop(simplified(results, given), fixed)
  const once = bodyOf(
    'once',
    fixed,
    mapped(parted.once, ({ made }) => made),
    'once:',
  )
  const reads = new Map([...given, ...mapped(parted.once, ({ read }) => read)])
  const { used: usedInStep, ...body } = bodyOf('step', reads, parted.outputs)
  const used = new Set([...once.used, ...usedInStep])
  const slices = [...stacked]
    .filter(([, t]) => used.has(t))
    .map(([name]) => nodeProto('Gather', [name, 'index'], [inner(name)], { axis: 0 }))
  const step: Graph = {
    ...body,
    node: [...slices, nodeProto('Identity', ['condition'], ['continue']), ...body.node],
    input: [
      valueInfo('index', 'int64', []),
      valueInfo('condition', 'bool', []),
      ...[...carried].map(([name, { read }]) => valueInfo(inner(name), read.dtype, read.shape)),
    ],
    output: [valueInfo('continue', 'bool', []), ...body.output],
  }
  return { step, once, used }
}

const mapped = <T>(values: ReadonlyMap<string, T>, f: (value: T) => Tensor): Named =>
  new Map([...values].map(([name, value]) => [name, f(value)]))

/** Simplifies a graph. Constants that have a name in `inputs` are not merged, even if they are equal. */
const simplified = (outputs: Named, inputs: Named): Named => {
  const roots = splitSlices(simplify([...outputs.values()], new Set(inputs.values())))
  return new Map([...outputs.keys()].map((name, i) => [name, roots[i]!]))
}

type Body = Omit<Graph, 'input'> & { readonly used: ReadonlySet<Tensor> }

/**
 * Makes the nodes and constants that compute `outputs`, and the set of all tensors they use.
 *
 * @param prefix prefix of the names of all other tensors
 */
function bodyOf(name: string, inputs: Named, outputs: Named, prefix: string = ''): Body {
  const order = topological([...outputs.values()])
  const named = new Map([...inputs].map(([given, t]) => [t, given]))
  // A node's output bears the result's name. An input, a constant or a second name needs an Identity node.
  const renamed: Node[] = []
  for (const [output, t] of outputs) {
    if (named.has(t) || t.op === 'Constant') renamed.push(nodeProto('Identity', [], [output]))
    else named.set(t, output)
  }
  const taken = new Set([...inputs.keys(), ...outputs.keys()])
  order.forEach((t, i) => {
    if (t.op === 'Input' && !named.has(t)) throw new Error('onnx: an input of the graph was not named')
    if (!named.has(t)) named.set(t, unlike(taken, `${prefix}${t.op}_${i}`))
  })
  for (const node of renamed) node.input.push(named.get(outputs.get(node.output[0]!)!)!)
  const nameOf = (t: Tensor): string => named.get(t)!
  return {
    name,
    node: [...byNode(order).map((results) => nodeOf(results, nameOf)), ...renamed],
    initializer: order.filter((t) => t.op === 'Constant').map((t) => tensorProto(nameOf(t), t)),
    output: [...outputs].map(([output, t]) => valueInfo(output, t.dtype, t.shape)),
    used: new Set(order),
  }
}

/** Returns `name`, with underscores appended until it is not among the names in `taken`. */
export const unlike = (taken: ReadonlySet<string>, name: string): string =>
  taken.has(name) ? unlike(taken, `${name}_`) : name

/** Makes the node whose outputs are `results`. ONNX Runtime requires names for unused outputs too. */
function nodeOf(results: readonly Tensor[], nameOf: (t: Tensor) => string): Node {
  const { op, inputs, attributes, output, body } = results[0]!
  const named = Array.from({ length: output?.count ?? 1 }, (_, k) => `${nameOf(results[0]!)}.${k}`)
  for (const t of results) named[t.output?.index ?? 0] = nameOf(t)
  const names = inputs.map(nameOf)
  if (!body) return nodeProto(op, names, named, attributes)
  const taken = names.slice(0, body.taken)
  return withBody(
    nodeProto(op, taken, named, attributes),
    graphOf(body, `${named[0]}:`, names.slice(body.taken)),
  )
}

/**
 * Makes the graph that a node runs.
 *
 * @param prefix prefix of the names of its tensors
 * @param around names of the tensors that it reads from around the node
 */
function graphOf({ inputs, outputs, taken }: NodeBody, prefix: string, around: readonly string[]): Graph {
  const given = new Map(inputs.map((t, i) => [around[i - taken] ?? `${prefix}in${i}`, t]))
  const results = new Map(outputs.map((t, i) => [`${prefix}out${i}`, t]))
  const { used: _, ...body } = bodyOf('body', given, simplified(results, given), prefix)
  const input = [...given].slice(0, taken).map(([name, { dtype, shape }]) => valueInfo(name, dtype, shape))
  return { ...body, input }
}
