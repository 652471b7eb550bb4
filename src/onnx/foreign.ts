import { type ForeignFormat, foreignFormat } from '../core/foreign-format.ts'
import { malformed } from '../core/mismatch.ts'
import type { FileTensor } from './foreign-tensor.ts'
import { decodeForeign } from './foreign-wire.ts'
import {
  type AttributeProto,
  AttributeType,
  type GraphProto,
  type ModelProto,
  messages,
  type NodeProto,
  type ValueInfoProto,
} from './messages.ts'

// Reads an ONNX file that any program may have written.

/** Value of a node's attribute. */
export type FileAttribute = number | string | readonly number[] | readonly string[] | FileTensor | FileGraph

/** A node of a file's graph. `op` has the operator's domain before it, unless it is ONNX's own: `com.microsoft.Gelu`. */
export interface FileNode {
  readonly op: string
  readonly name: string
  readonly inputs: readonly string[]
  readonly outputs: readonly string[]
  readonly attributes: ReadonlyMap<string, FileAttribute>
}

/** Description of a graph's input or output, or of a tensor within; a size is a number or a name, such as `N`. */
export interface FileValue {
  readonly name: string
  /** Element type as ONNX numbers it; 0 where it is unknown. */
  readonly type: number
  readonly shape: readonly (number | string)[] | undefined
}

/** A graph as a file has it. */
export interface FileGraph {
  readonly nodes: readonly FileNode[]
  readonly constants: ReadonlyMap<string, FileTensor>
  /** Inputs, without those that are constants. */
  readonly inputs: readonly FileValue[]
  readonly outputs: readonly FileValue[]
  /** Tensors that the file describes, by name. */
  readonly described: ReadonlyMap<string, FileValue>
}

/** A model as a file has it. */
export interface FileModel {
  readonly producer: string
  readonly opset: number
  readonly graph: FileGraph
}

/** Oldest and newest operator set of which files are read. */
const opsets = [6, 28] as const

/** Operators that have not changed since the first operator set, of which older files are read. */
const unchanged = new Set(
  'Not Transpose Conv Flatten GlobalAveragePool GlobalMaxPool AveragePool MaxPool Shape Identity Constant'.split(
    ' ',
  ),
)

/** Recognizes, by its first bytes, a file of another format; undefined for all that may be ONNX. */
const otherFile = (bytes: Uint8Array): ForeignFormat | undefined => {
  const toOnnx = 'export the model with torch.onnx.export'
  return foreignFormat(bytes, ['onnx'], { torch: toOnnx, pickle: toOnnx, zip: 'unzip it' })
}

/** Maximum number of nodes in a file, and of nodes that its graph may become. */
export const mostNodes = 100_000

/**
 * Reads an ONNX file. The bytes of constants are views of the file's.
 *
 * @param who name of the file in errors
 * @throws {FormatError} when the file is damaged, too large a graph, or of an operator set out of range.
 */
export function readForeign(bytes: Uint8Array, who: string): FileModel {
  let model: ModelProto
  try {
    model = decodeForeign(messages, 'ModelProto', bytes) as ModelProto
  } catch (error) {
    const { got, fix } = otherFile(bytes) ?? { got: (error as Error).message, fix: 'the file is damaged' }
    throw malformed(who, 'an ONNX file', got, fix)
  }
  const { graph, opsetImport = [], producerName = '', producerVersion = '' } = model
  if (graph === undefined) {
    const { got, fix } = otherFile(bytes) ?? { got: 'one without a graph' }
    throw malformed(who, 'an ONNX file', got, fix)
  }
  const own = opsetImport.find(({ domain = '' }) => isOwnDomain(domain))?.version
  const opset = Number(own ?? 1n)
  const [oldest, newest] = opsets
  const isUnchanged = opset < oldest && (graph.node ?? []).every(({ opType = '' }) => unchanged.has(opType))
  if (!((opset >= oldest || isUnchanged) && opset <= newest)) {
    const fix = `convert the file with onnx.version_converter`
    throw malformed(who, `opset ${oldest} to ${newest}`, opset, fix)
  }
  const read = producerName === 'evenstep' ? withFixed(graphOf(graph)) : graphOf(graph)
  const nodes = nodesWithin(read)
  if (nodes > mostNodes) throw malformed(who, `at most ${mostNodes} nodes`, nodes)
  return { producer: `${producerName} ${producerVersion}`.trim(), opset, graph: read }
}

/** Returns the graphs within a node: bodies of loops and branches of conditions. */
export const graphsWithin = (node: FileNode): FileGraph[] => [...node.attributes.values()].filter(isFileGraph)

/** Whether an attribute is a graph. */
export const isFileGraph = (value: FileAttribute | undefined): value is FileGraph =>
  typeof value === 'object' && 'nodes' in value

/** Whether an attribute is a tensor. */
export const isFileTensor = (value: FileAttribute | undefined): value is FileTensor =>
  typeof value === 'object' && 'dims' in value

const isOwnDomain = (domain: string): boolean => domain === '' || domain === 'ai.onnx'

const nodesWithin = (graph: FileGraph): number =>
  graph.nodes.reduce(
    (sum, node) => graphsWithin(node).reduce((all, inner) => all + nodesWithin(inner), sum),
    graph.nodes.length,
  )

function graphOf({
  node = [],
  initializer = [],
  input = [],
  output = [],
  valueInfo = [],
}: GraphProto): FileGraph {
  const constants = new Map(initializer.map((tensor) => [tensor.name ?? '', tensorOf(tensor)]))
  const outputs = output.map(valueFrom)
  const described = new Map([...valueInfo, ...input].map((one) => [one.name ?? '', valueFrom(one)]))
  for (const one of outputs) described.set(one.name, one)
  return {
    nodes: node.map(nodeOf),
    constants,
    inputs: input.map(valueFrom).filter(({ name }) => !constants.has(name)),
    outputs,
    described,
  }
}

/** Marks the constants of a file of Evenstep's that are no variables, such as the matrices of an interpolation. */
function withFixed(graph: FileGraph): FileGraph {
  const constants = [...graph.constants].map(([name, tensor]): [string, FileTensor] => [
    name,
    /^Constant_\d+_*$/.test(name) ? { ...tensor, isFixed: true } : tensor,
  ])
  return { ...graph, constants: new Map(constants) }
}

const tensorOf = (tensor: NonNullable<AttributeProto['t']>): FileTensor => ({
  dims: [],
  ...tensor,
  name: tensor.name ?? '',
})

function nodeOf({
  opType = '',
  domain = '',
  name = '',
  input = [],
  output = [],
  attribute = [],
}: NodeProto): FileNode {
  const attributes = new Map<string, FileAttribute>()
  for (const one of attribute) {
    const value = attributeOf(one)
    if (value !== undefined) attributes.set(one.name ?? '', value)
  }
  const op = isOwnDomain(domain) ? opType : `${domain}.${opType}`
  return { op, name, inputs: input, outputs: output, attributes }
}

const text = new TextDecoder()

/** Returns the shortest decimal number that rounds to a float32: 0.9 rather than 0.8999999761581421. */
function decimal(value: number): number {
  for (let digits = 1; digits < 9; digits++) {
    const short = Number(value.toPrecision(digits))
    if (Math.fround(short) === value) return short
  }
  return value
}

/** Returns an attribute's value; undefined if it is of a kind that no operator here has. */
function attributeOf(given: AttributeProto): FileAttribute | undefined {
  const { type, f, i, s, t, g, floats = [], ints = [], strings = [] } = given
  if (type === AttributeType.FLOAT) return decimal(f ?? 0)
  if (type === AttributeType.INT) return Number(i ?? 0n)
  if (type === AttributeType.STRING) return text.decode(s)
  if (type === AttributeType.TENSOR) return t && tensorOf(t)
  if (type === AttributeType.GRAPH) return g && graphOf(g)
  if (type === AttributeType.FLOATS) return floats
  if (type === AttributeType.INTS) return ints.map(Number)
  return type === AttributeType.STRINGS ? strings.map((one) => text.decode(one)) : undefined
}

function valueFrom({ name = '', type }: ValueInfoProto): FileValue {
  const { elemType = 0, shape } = type?.tensorType ?? {}
  const sizes =
    shape &&
    (shape.dim ?? []).map(({ dimValue, dimParam = '' }) =>
      dimValue === undefined ? dimParam : Number(dimValue),
    )
  return { name, type: elemType, shape: sizes }
}
