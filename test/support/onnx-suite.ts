import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { isFloat } from '../../src/core/dtype.ts'
import { sizeOf } from '../../src/core/shape.ts'
import { constant, type Tensor } from '../../src/core/tensor.ts'
import { importOnnx, type OnnxModel, readOnnxOptions } from '../../src/nn/onnx/import.ts'
import { onnxOperators } from '../../src/nn/onnx/operators/index.ts'
import { isSetting } from '../../src/nn/onnx/uses.ts'
import type { FileNode, FileValue } from '../../src/onnx/foreign.ts'
import { graphsWithin, readForeign } from '../../src/onnx/foreign.ts'
import { readFileTensor, type TensorValue } from '../../src/onnx/foreign-tensor.ts'
import { decodeForeign } from '../../src/onnx/foreign-wire.ts'
import { messages } from '../../src/onnx/messages.ts'
import { compile } from '../../src/runtime/compile.ts'
import { checkImported, type Named } from './onnx-gradient.ts'

// Runs ONNX's own tests, https://github.com/onnx/onnx, folders `SUITE/TEST` with a model, inputs and outputs.

/** How a test ended: `unmapped` operators and element `type`s are not attempted; `refused` has its reason. */
export interface SuiteRow {
  readonly id: string
  readonly operators: readonly string[]
  readonly result: 'pass' | 'fail' | 'refused' | 'type' | 'unmapped'
  readonly why?: string
  readonly gradient?: string
}

/** Lists the tests in a folder as `SUITE/TEST`. */
export const suiteTests = (root: string): string[] =>
  ['node', 'simple', 'pytorch-converted', 'pytorch-operator'].flatMap((suite) =>
    readdirSync(join(root, suite)).map((name) => `${suite}/${name}`),
  )

const tensorAt = (path: string): TensorValue => {
  const proto = decodeForeign(messages, 'TensorProto', new Uint8Array(readFileSync(path)))
  return readFileTensor({ dims: [], name: '', ...proto }, path)
}

const operatorsIn = (nodes: readonly FileNode[]): string[] =>
  nodes.flatMap((node) => [node.op, ...graphsWithin(node).flatMap((graph) => operatorsIn(graph.nodes))])

/** Runs one test and, if `withGradient`, compares gradients with differences at elements drawn by `seed`. */
export async function runSuiteTest(
  root: string,
  id: string,
  withGradient = false,
  seed = '1',
): Promise<SuiteRow> {
  const folder = join(root, id)
  const bytes = new Uint8Array(readFileSync(join(folder, 'model.onnx')))
  let model: ReturnType<typeof readForeign>
  try {
    model = readForeign(bytes, id)
  } catch (error) {
    return { id, operators: [], result: 'refused', why: (error as Error).message }
  }
  const { graph } = model
  const operators = [...new Set(operatorsIn(graph.nodes))]
  const unmapped = operators.filter((op) => !(op in onnxOperators()))
  if (unmapped.length > 0) return { id, operators, result: 'unmapped', why: unmapped.join(', ') }
  let inputs: TensorValue[]
  let wanted: TensorValue[]
  try {
    const all = (kind: string): TensorValue[] =>
      readdirSync(join(folder, 'test_data_set_0'))
        .filter((file) => file.startsWith(kind))
        .map((_, i) => tensorAt(join(folder, 'test_data_set_0', `${kind}_${i}.pb`)))
    inputs = all('input')
    wanted = all('output')
  } catch (error) {
    return { id, operators, result: 'type', why: (error as Error).message }
  }
  const { fixed, fed } = divided(graph.inputs, graph.nodes, inputs)
  try {
    const names = graph.outputs.map(({ name }) => name)
    const make = (): OnnxModel =>
      importOnnx(
        bytes,
        id,
        readOnnxOptions(id, { inputs: fixed, output: names, trainable: false }),
      ) as unknown as OnnxModel
    const { values, traced } = await run(make(), fed)
    const why = names.map((name, i) => difference(values[name]!, traced[name]!, wanted[i])).find(Boolean)
    if (why) return { id, operators, result: 'fail', why }
    if (!withGradient) return { id, operators, result: 'pass' }
    return { id, operators, result: 'pass', gradient: await checkImported(make(), fed, `${id} ${seed}`) }
  } catch (error) {
    return { id, operators, result: 'refused', why: (error as Error).message.split('\n')[0]! }
  }
}

/** Divides inputs into those that say how to compute, which are constants here, and numbers. */
function divided(
  declared: readonly FileValue[],
  nodes: readonly FileNode[],
  inputs: readonly TensorValue[],
): { fixed: Record<string, Tensor>; fed: Named } {
  const shapes = ['Reshape', 'Expand', 'Slice', 'Range', 'ConstantOfShape', 'If', 'Squeeze', 'Unsqueeze']
  const shaping = new Set([...shapes, 'ReduceSum', 'Pad', 'Tile', 'ReduceMax', 'ReduceMean'])
  const makesShapes = nodes.length > 1 && nodes.some(({ op }) => shaping.has(op))
  const fixed: Record<string, Tensor> = {}
  const fed: Record<string, TensorValue> = {}
  declared.forEach(({ name }, i) => {
    const value = inputs[i]
    if (!value) return
    const isOne = nodes.some(({ op, inputs }) =>
      inputs.some((read, slot) => read === name && op !== 'Pow' && op !== 'Clip' && isSetting(op, slot)),
    )
    const isShape = makesShapes && !isFloat(value.dtype) && sizeOf(value.shape) <= 8
    if (isOne || isShape) fixed[name] = constant(Array.from(value.data, Number), value.shape, value.dtype)
    else fed[name] = value
  })
  return { fixed, fed }
}

async function run(model: OnnxModel, fed: Named) {
  let traced: Record<string, Tensor> = {}
  const spec = Object.fromEntries(
    Object.entries(fed).map(([name, { shape, dtype }]) => [name, { shape, dtype }]),
  )
  const step = await compile(spec, (given) => {
    traced = { ...model.forward(given, 'eval') }
    return traced
  })
  const values = await step(Object.fromEntries(Object.entries(fed).map(([name, { data }]) => [name, data])))
  return { values, traced }
}

/** Returns what is wrong with an output, at ONNX's tolerance; undefined if nothing is. */
function difference(values: ArrayLike<number | bigint>, traced: Tensor, wanted: TensorValue | undefined) {
  if (!wanted) return 'no data'
  if (String(traced.shape) !== String(wanted.shape)) return `shape [${traced.shape}] for [${wanted.shape}]`
  if (traced.dtype !== wanted.dtype) return `type ${traced.dtype} for ${wanted.dtype}`
  let worst = 0
  for (let i = 0; i < wanted.data.length; i++) {
    const [got, want] = [Number(values[i]), Number(wanted.data[i])]
    if (Object.is(got, want) || got === want) continue
    const off = Math.abs(got - want) / (1e-7 + 1e-3 * Math.abs(want))
    worst = Math.max(worst, Number.isNaN(off) ? Number.POSITIVE_INFINITY : off)
  }
  return worst <= 1 ? undefined : `off by ${worst.toPrecision(3)} tolerances`
}
