import * as ort from 'onnxruntime-node'
import { describe, expect, test, vi } from 'vitest'
import { machineExitCode } from '../core/errors.ts'
import type { Tensor } from '../core/tensor.ts'
import { initialize } from '../nn/initialize.ts'
import { Sequential } from '../nn/sequential.ts'
import { argSort, embedding, expand, mul } from '../ops/index.ts'
import { compile } from './compile.ts'
import { DeviceError, deviceError } from './failure.ts'
import { wrap } from './session.ts'

const errorOf = async (call: () => Promise<unknown>): Promise<Error> => {
  try {
    await call()
  } catch (error) {
    return error as Error
  }
  throw new Error('nothing was thrown')
}

describe.each(['cpu', 'wasm'] as const)('on %s, what the engine refuses', (device) => {
  class Sorts {
    forward(x: Tensor): Tensor {
      return argSort(x)
    }
  }

  test('is named with operator and layer when a graph is compiled; its own text is the cause', async () => {
    const model = initialize(new Sequential(new Sorts()), 0)
    const body = ({ x }: Record<'x', Tensor>) => ({ y: model.forward(x, 'eval') })
    const error = await errorOf(() => compile({ x: { shape: [3], dtype: 'bool' } }, body, { device }))
    expect(error).toBeInstanceOf(DeviceError)
    expect(error.message).toBe(
      'compile: wanted operators that the device computes, got TopK in 0 (Sorts); ' +
        'use another device, element type or operator',
    )
    expect((error.cause as Error).message).toContain("Type 'tensor(bool)'")
  })

  test('is named when memory runs out', async () => {
    const step = await compile({ x: { shape: [1] } }, ({ x }) => ({ y: expand(x, [1e13]) }), { device })
    const error = await errorOf(() => step({ x: new Float32Array(1) }))
    expect(error.message).toBe("step: wanted memory for the step's numbers, got no more; use smaller batches")
    expect(error).toMatchObject({ exitCode: machineExitCode })
  })
})

test('a failed run names its operator', () => {
  const cause = new Error(
    "Non-zero status code returned while running Reshape node. Name:'' Status Message: no",
  )
  expect(deviceError('step', cause).message).toBe(
    "step: wanted a step that the device computes, got Reshape; see the error's cause",
  )
  expect(deviceError('step', 'unknown').message).toBe(
    "step: wanted a step that the device computes, got a graph that it refuses; see the error's cause",
  )
})

test('an engine that does not start in a page, as without its file, says what to do', () => {
  const text =
    'no available backend found. ERR: [wasm] RuntimeError: Aborted(both async and sync fetching of the wasm failed). ' +
    'Build with -sASSERTIONS for more info.'
  expect(deviceError('compile', new Error(text)).message).toBe(
    'compile: wanted ONNX Runtime to start, got [wasm] RuntimeError: Aborted(both async and sync fetching of the wasm ' +
      "failed); copy its .wasm file beside the page's scripts, or name its folder by wasmAt; a Content-Security-Policy " +
      "needs 'wasm-unsafe-eval'",
  )
})

test('an index that makes the device fail is found on the step and row that it is of', async () => {
  const step = await compile(
    { i: { shape: [2], dtype: 'int32' }, w: { shape: [3, 1], fixed: true } },
    ({ i, w }) => ({ y: embedding(mul(i, 2), w) }),
    { loop: true },
  )
  const feeds = { i: Int32Array.of(0, 1, 1, 0, 1, 2), w: Float32Array.of(1, 2, 3) }
  const { message } = await errorOf(() => step(feeds, 5))
  expect(message).toBe('embedding: wanted an index from 0 to 2, got 4 at step 7, example 1')
  feeds.i.fill(1)
  expect((await step(feeds, 5)).y).toEqual(new Float32Array(6).fill(3))
})

test('sessions and runs are told to print nothing', async () => {
  const create = vi.spyOn(ort.InferenceSession, 'create')
  await compile({ x: { shape: [1] } }, ({ x }) => ({ y: mul(x, 2) }), { device: 'cpu' })
  expect(create.mock.lastCall?.[1]).toMatchObject({ logSeverityLevel: 4 })
  const run = vi.fn(async () => ({}))
  await wrap({ inputNames: [], run, release: async () => {} }, ort.Tensor).run(new Map())
  expect(run).toHaveBeenCalledWith({}, { logSeverityLevel: 4 })
})
