import { malformed, mismatch, nearest, unknownName } from '../../core/mismatch.ts'
import { choice, custom, type OptionsOf, readOptions, type ValuesOf } from '../../core/options.ts'
import { constant, isTensor, type Tensor } from '../../core/tensor.ts'
import { type FileModel, type FileNode, type FileValue, readForeign } from '../../onnx/foreign.ts'
import {
  dtypeOf,
  type FileTensor,
  type OutsideBytes,
  readFileTensor,
  shapeOfTensor,
  type TensorValue,
} from '../../onnx/foreign-tensor.ts'
import type { Mode, Module, TensorRecord } from '../module.ts'
import { constantsFor, type FixedInput } from './design.ts'
import { OnnxNetwork } from './network.ts'
import { type GraphPlan, graphPlanOf, neededNodes, readBy } from './plan.ts'
import { ranksOf } from './ranks.ts'
import { checkOperators } from './unknown-operators.ts'
import { bindWeights } from './weights.ts'

/** A number, numbers or a tensor for an input of an ONNX file, or a function that computes it from the first input. */
export type OnnxInput = number | readonly number[] | Tensor | ((x: Tensor) => Tensor)

const isObject = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !isTensor(value)
const isName = (value: unknown): boolean => typeof value === 'string' && value !== ''

const onnxOptions = {
  /**
   * Name of the tensor to return, inside of the graph too, which cuts off what follows; a list of names returns a record
   * of them. @default the file's first output
   */
  output: custom<string | readonly string[]>(
    'the name of a tensor, or a list of names',
    (value) => isName(value) || (Array.isArray(value) && value.length > 0 && value.every(isName)),
  ),
  /** `'any'` lets a file made for one batch size take others: that size, first in a reshape, means the batch's. */
  batch: choice(['any']),
  /** Values of inputs of the file, by name, which callers of the module then do not pass. */
  inputs: custom<Readonly<Record<string, OnnxInput>>>('an object of numbers, tensors or functions', isObject),
  /** Whether optimizers update the weights; or a function that says so by a weight's name. @default true */
  trainable: custom<boolean | ((name: string) => boolean)>(
    'true, false or a function of the name',
    (value) => typeof value === 'boolean' || typeof value === 'function',
    true,
  ),
}
export interface OnnxOptions extends OptionsOf<typeof onnxOptions> {}
export type ReadOnnxOptions = ValuesOf<typeof onnxOptions>

/** A module imported from an ONNX file. Its layers are fields at their paths, and may be replaced: `body.fc = …`. */
export interface OnnxModule extends Module {
  [field: string]: unknown
  forward(x: Tensor | TensorRecord, mode: Mode): Tensor
}

/** Like `OnnxModule`, with several outputs. */
export interface OnnxModel {
  [field: string]: unknown
  forward(x: Tensor | TensorRecord, mode: Mode): TensorRecord
}

/** Checks options. @throws {ArgumentError} naming the first that is unknown or invalid */
export const readOnnxOptions = (who: string, given: OnnxOptions | undefined): ReadOnnxOptions =>
  readOptions(who, onnxOptions, given)

/** Makes a module of the bytes of an ONNX file. @param who name of the caller, and of the file, in errors */
export function importOnnx(
  bytes: Uint8Array,
  who: string,
  options: ReadOnnxOptions,
  outside?: OutsideBytes,
): OnnxNetwork {
  const model = readForeign(bytes, who)
  const { graph } = model
  const outputs = outputsOf(who, model, options.output)
  const fixed = fixedInputs(who, graph.inputs, options.inputs ?? {})
  const read = (tensor: FileTensor): TensorValue => readFileTensor(tensor, who, outside)
  const constants = constantsFor(read)
  const plan = planned(model, fixed, constants)
  const nodes = neededNodes(plan.nodes, outputs)
  checkOperators(who, plan, nodes)
  for (const tensor of plan.constants.values()) shapeOfTensor(tensor, who)
  const inputs = graph.inputs.filter(({ name }) => !fixed.has(name) && isRead(nodes, name, outputs))
  const design = {
    ...{ who, model, plan, nodes, outputs, inputs, fixed, constant: constants },
    isSingle: !Array.isArray(options.output),
    isAnyBatch: options.batch === 'any',
  }
  const { trainable } = options
  const binding = {
    ...{ who, nodes, constants: plan.constants, outputs, read, keep: constants },
    ranks: ranksOf(plan, nodes, graph),
    isTrainable: typeof trainable === 'function' ? trainable : (): boolean => trainable,
  }
  return OnnxNetwork.of(design, (root) => bindWeights(root, binding))
}

/** Plans how the graph is traced, given the inputs that are constants. */
function planned(
  { opset, graph }: FileModel,
  fixed: ReadonlyMap<string, FixedInput>,
  constants: (tensor: FileTensor) => Tensor,
): GraphPlan {
  const known = new Map([...fixed].filter((entry): entry is [string, Tensor] => isTensor(entry[1])))
  return graphPlanOf(graph, known, {
    opset,
    float: 'float32',
    batch: undefined,
    constant: constants,
    typeOf: (name) => graph.described.get(name)?.type ?? 0,
    run: () => [],
  })
}

/** Returns the names of the tensors to return. @throws {ArgumentError} when the graph computes none of a name. */
function outputsOf(
  who: string,
  { graph }: FileModel,
  given: string | readonly string[] | undefined,
): string[] {
  const [first] = graph.outputs
  if (first === undefined) throw malformed(who, 'a graph with an output', 'none', 'the file is damaged')
  const asked = given === undefined ? [first.name] : [given].flat()
  const names = new Set([
    ...graph.outputs.map(({ name }) => name),
    ...graph.nodes.flatMap(({ outputs }) => outputs),
    ...graph.inputs.map(({ name }) => name),
  ])
  for (const name of asked) {
    if (names.has(name)) continue
    const near = nearest(name, [...names])
    const fix = near === undefined ? 'npx evenstep inspect FILE lists some' : `did you mean ${near}?`
    throw mismatch(who, 'output as the name of a tensor in the graph', name, fix)
  }
  return asked
}

/** Returns the values that the caller gives to inputs, constants as the file's types. */
function fixedInputs(
  who: string,
  inputs: readonly FileValue[],
  given: Readonly<Record<string, OnnxInput>>,
): Map<string, FixedInput> {
  const names = inputs.map(({ name }) => name)
  const fixed = new Map<string, FixedInput>()
  for (const [name, value] of Object.entries(given)) {
    const input = inputs.find((one) => one.name === name)
    if (!input) throw unknownName(who, names, name, 'inputs ')
    fixed.set(
      name,
      typeof value === 'function' ? value : isTensor(value) ? value : numbersFor(who, input, value),
    )
  }
  return fixed
}

function numbersFor(who: string, { name, type, shape = [] }: FileValue, value: unknown): Tensor {
  const numbers = [value].flat()
  if (!numbers.every((one) => typeof one === 'number')) {
    throw mismatch(who, `inputs.${name} as numbers, a tensor or a function`, value)
  }
  const isScalar = !Array.isArray(value) && shape.length === 0
  const sizes = isScalar
    ? []
    : shape.length === 1 || Array.isArray(value)
      ? [numbers.length]
      : shape.map(() => 1)
  return constant(numbers, sizes, dtypeOf(type) ?? 'float32')
}

/** Whether the graph reads an input on the way to the outputs. */
const isRead = (nodes: readonly FileNode[], name: string, outputs: readonly string[]): boolean =>
  outputs.includes(name) || nodes.some((node) => readBy(node).includes(name))
