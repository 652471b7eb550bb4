import * as ort from 'onnxruntime-node'
import type { Tensor } from '../../src/core/tensor.ts'
import { importOnnx, type OnnxModel, readOnnxOptions } from '../../src/nn/onnx/import.ts'
import { compile } from '../../src/runtime/compile.ts'
import type { OnnxCase } from '../conformance/rows/onnx.ts'
import { type OneNode, oneNode } from './onnx-build.ts'

/** Runs a model of one node, imported. */
async function imported({ bytes, fed, outputs }: OneNode) {
  const network = importOnnx(
    bytes,
    'file',
    readOnnxOptions('file', { output: outputs, trainable: false }),
  ) as unknown as OnnxModel
  let traced: Readonly<Record<string, Tensor>> = {}
  const spec = Object.fromEntries(
    Object.entries(fed).map(([name, { shape, dtype }]) => [name, { shape, dtype }]),
  )
  const step = await compile(spec, (given) => {
    traced = network.forward(given, 'eval')
    return traced
  })
  const found = await step(Object.fromEntries(Object.entries(fed).map(([name, { data }]) => [name, data])))
  return outputs.map((name) => ({ ...traced[name]!, values: Array.from(found[name]!, Number) }))
}

/** Runs a model of one node in ONNX Runtime itself. */
async function stock({ bytes, fed, outputs }: OneNode) {
  const session = await ort.InferenceSession.create(bytes, {
    logSeverityLevel: 4,
    graphOptimizationLevel: 'disabled',
  })
  const feeds = Object.fromEntries(
    Object.entries(fed).map(([name, { dtype, data, shape }]) => [
      name,
      new ort.Tensor(dtype as 'float32', data as Float32Array, shape),
    ]),
  )
  const found = await session.run(feeds)
  await session.release()
  return outputs.map((name) => ({
    shape: found[name]!.dims,
    dtype: found[name]!.type,
    values: Array.from(found[name]!.data as Float32Array, Number),
  }))
}

/** Compares a node of an operator set with ONNX Runtime's. @returns how they differ, if they do */
export async function compareNode({ op, opset, spec, label }: OnnxCase): Promise<string | undefined> {
  const model = oneNode(op, opset, spec, label)
  const [own, theirs] = [await imported(model), await stock(model)]
  for (const [k, want] of theirs.entries()) {
    const got = own[k]!
    const [a, b] = [got, want].map(({ dtype, shape }) => `${dtype} [${shape}]`)
    if (a !== b) return `${label}, output ${k}: ${a} for ${b}`
    for (const [j, value] of want.values.entries()) {
      const given = got.values[j]!
      if (Object.is(value, given) || value === given) continue
      const isClose = Math.abs(value - given) <= 1e-5 + 2e-5 * Math.abs(value)
      if (!isClose) return `${label}, output ${k}, element ${j}: ${given} for ${value}`
    }
  }
  return undefined
}
