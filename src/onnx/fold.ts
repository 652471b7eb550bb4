import { AttributeType, DataType, type TensorProto } from './messages.ts'
import { unlike } from './model.ts'
import type { Graph, Node } from './proto.ts'
import { graphsIn } from './read.ts'

/**
 * Folds each batch normalization by constant statistics into the convolution or matrix product before it, if nothing
 * else reads the product and its weight is a constant. The numbers are computed in float64 and rounded once.
 *
 *     s = γ/√(σ² + ε)    weight' = s · weight    bias' = s · (bias − μ) + β
 */
export function foldNormalization(graph: Graph): Graph {
  const folding = new Folding(graph)
  for (const one of graph.node) if (isOwn(one, 'BatchNormalization')) folding.fold(one)
  return folding.result()
}

/** A convolution or matrix product, with its bias if any, whose output channels a normalization scales. */
interface Product {
  /** The node of the convolution or matrix product and, if another node adds the bias, that node. */
  readonly nodes: readonly Node[]
  readonly weight: string
  /** Axis of the weight along which the output channels lie. */
  readonly axis: number
  readonly channels: number
  readonly bias: string | undefined
}

class Folding {
  readonly #graph: Graph
  readonly #constants: Map<string, TensorProto>
  /** Number of times that each tensor is read, by its name. */
  readonly #uses = new Map<string, number>()
  /** Nodes by the name of their first output. */
  readonly #nodes: Map<string, Node>

  constructor(graph: Graph) {
    this.#graph = graph
    this.#constants = new Map(graph.initializer.map((one) => [one.name ?? '', one]))
    this.#nodes = new Map(graph.node.map((one) => [one.output[0]!, one]))
    const read = [...graph.node.flatMap(readBy), ...graph.output.map(({ name = '' }) => name)]
    for (const name of read) this.#uses.set(name, this.#usesOf(name) + 1)
  }

  /** Folds a normalization into the product before it, if that is possible. */
  fold(normalization: Node): void {
    const product = this.#productAt(normalization.input[0]!)
    const map = product && this.#mapOf(normalization, product.channels)
    if (!product || !map) return
    const { nodes, weight, bias } = product
    const scaled = scaledBy(map.scale, this.#constants.get(weight)!, product)
    const given = bias === undefined ? undefined : numbersOf(this.#constants.get(bias)!)
    const shifted = map.scale.map((s, c) => s * ((given?.[c] ?? 0) - map.mean[c]!) + map.shift[c]!)
    const added: TensorProto = {
      ...scaled,
      dims: [BigInt(product.channels)],
      rawData: bytesOf(scaled, shifted),
    }
    const [first] = nodes
    const beside = weight.endsWith('weight') ? `${weight.slice(0, -'weight'.length)}bias` : `${weight}.bias`
    const input = [first!.input[0]!, this.#put(weight, weight, scaled), this.#put(bias, beside, added)]
    for (const { output } of nodes) this.#nodes.delete(output[0]!)
    this.#nodes.set(normalization.output[0]!, { ...first!, input, output: normalization.output })
  }

  /** Returns the graph without nodes and constants that nothing reads. */
  result(): Graph {
    const needed = new Set(this.#graph.output.map(({ name }) => name))
    const kept = [...this.#nodes.values()].reverse().filter((one) => {
      if (!one.output.some((name) => needed.has(name))) return false
      for (const name of readBy(one)) needed.add(name)
      return true
    })
    const initializer = [...this.#constants.values()].filter(({ name }) => needed.has(name))
    return { ...this.#graph, node: kept.reverse(), initializer }
  }

  /** Returns the convolution or matrix product that computes the tensor `name`, if exactly one node reads the tensor. */
  #productAt(name: string): Product | undefined {
    const made = this.#nodes.get(name)
    if (made === undefined || this.#usesOf(name) !== 1) return undefined
    if (isOwn(made, 'Add')) return this.#sumAt(made)
    const [, weight = '', bias = ''] = made.input
    const dims = this.#constants.get(weight)?.dims
    const axis = axisOf(made)
    if (dims === undefined || axis === undefined) return undefined
    const product = { nodes: [made], weight, axis, channels: Number(dims[axis]), bias: bias || undefined }
    return bias === '' || this.#isVector(bias, product.channels) ? product : undefined
  }

  /** Returns the matrix product without bias to which node `sum` adds a constant bias; undefined if there is none. */
  #sumAt(sum: Node): Product | undefined {
    const [a, b] = sum.input as [string, string]
    const [name, bias] = this.#constants.has(b) ? [a, b] : [b, a]
    const product = this.#productAt(name)
    // A vector is added along the last axis: the channels of a matrix product, but not of a convolution.
    const isBias = product && isOwn(product.nodes[0]!, 'Gemm') && this.#isVector(bias, product.channels)
    return isBias && product.bias === undefined
      ? { ...product, nodes: [...product.nodes, sum], bias }
      : undefined
  }

  #isVector(name: string, length: number): boolean {
    return String(this.#constants.get(name)?.dims) === String(length)
  }

  /** Returns the numbers by channel in `scale · (x − mean) + shift`; undefined unless all are constant. */
  #mapOf({ input, attribute }: Node, channels: number) {
    const [gamma, shift, mean, variance] = input.slice(1).map((name) => this.#valuesOf(name))
    const epsilon = attribute.find(({ name }) => name === 'epsilon')?.f ?? 1e-5
    const all = [gamma, shift, mean, variance]
    if (!gamma || !shift || !mean || !variance || all.some((one) => one!.length !== channels))
      return undefined
    return { mean, shift, scale: gamma.map((g, c) => g / Math.sqrt(variance[c]! + epsilon)) }
  }

  /** Returns the numbers of a constant, or of a constant plus one number, as a float64 model adds ε; else undefined. */
  #valuesOf(name: string): Float64Array | undefined {
    const constant = this.#constants.get(name)
    if (constant) return numbersOf(constant)
    const made = this.#nodes.get(name)
    if (!made || !isOwn(made, 'Add')) return undefined
    const [values, added] = made.input
      .map((one) => this.#constants.get(one))
      .map((one) => one && numbersOf(one))
    return values && added?.length === 1 ? values.map((value) => value + added[0]!) : undefined
  }

  #usesOf(name: string): number {
    return this.#uses.get(name) ?? 0
  }

  /** Replaces the constant `old` or, if it is undefined or read elsewhere, adds one named `name`. @returns its name */
  #put(old: string | undefined, name: string, constant: TensorProto): string {
    const isFree = old !== undefined && this.#usesOf(old) === 1
    const names = new Set([...this.#constants.keys(), ...this.#uses.keys(), ...this.#nodes.keys()])
    const given = isFree ? old : unlike(names, name)
    if (!isFree && old !== undefined) this.#uses.set(old, this.#usesOf(old) - 1)
    this.#uses.set(given, 1)
    this.#constants.set(given, { ...constant, name: given })
    return given
  }
}

/** Whether a node is the operator `type` of ONNX itself, not a custom operator of that name. */
const isOwn = ({ domain, opType }: Node, type: string): boolean => domain === '' && opType === type

/** Returns the names of all tensors that a node and the graphs within it read. */
function readBy({ input, attribute }: Node): string[] {
  const bodies = attribute.flatMap(({ type, g }) => (type === AttributeType.GRAPH && g ? graphsIn(g) : []))
  const within = bodies.flatMap(({ node = [], output = [] }) => [
    ...node.flatMap((one) => one.input ?? []),
    ...output.map(({ name = '' }) => name),
  ])
  return [...input, ...within]
}

/** Returns the axis of the weight along which output channels lie; undefined if the node is no plain product. */
function axisOf(made: Node): number | undefined {
  if (isOwn(made, 'Conv')) return 0
  if (!isOwn(made, 'Gemm')) return undefined
  const of = new Map(made.attribute.map(({ name, i, f }) => [name, i === undefined ? f : Number(i)]))
  const isPlain = (of.get('alpha') ?? 1) === 1 && (of.get('beta') ?? 1) === 1
  if (!isPlain) return undefined
  return of.get('transB') === 1 ? 0 : 1
}

/** Returns a weight with the numbers of each channel multiplied by that channel's scale. */
function scaledBy(scale: Float64Array, weight: TensorProto, { axis, channels }: Product): TensorProto {
  const inner = (weight.dims ?? []).slice(axis + 1).reduce((size, n) => size * Number(n), 1)
  const numbers = floatsIn(weight)!
  for (let i = 0; i < numbers.length; i++) numbers[i]! *= scale[Math.trunc(i / inner) % channels]!
  return { ...weight, rawData: new Uint8Array(numbers.buffer) }
}

/** Returns a copy of the values of a float32 or float64 constant; undefined for other types. */
function floatsIn({
  dataType,
  rawData = new Uint8Array(),
}: TensorProto): Float32Array | Float64Array | undefined {
  const { buffer } = new Uint8Array(rawData) // a copy, since the bytes may begin anywhere
  if (dataType === DataType.FLOAT) return new Float32Array(buffer)
  return dataType === DataType.DOUBLE ? new Float64Array(buffer) : undefined
}

const numbersOf = (constant: TensorProto): Float64Array | undefined => {
  const floats = floatsIn(constant)
  return floats && Float64Array.from(floats)
}

/** Returns the bytes of numbers, in the element type of a constant. */
const bytesOf = ({ dataType }: TensorProto, numbers: Float64Array): Uint8Array =>
  new Uint8Array((dataType === DataType.DOUBLE ? numbers : Float32Array.from(numbers)).buffer)
