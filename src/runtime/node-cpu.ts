import { createHash } from 'node:crypto'
import * as ort from 'onnxruntime-node'
import { modelBytes, nodeProto, valueInfo } from '../onnx/proto.ts'
import { type Backend, type HostTensor, type Session, type SessionOptions, wrap } from './session.ts'

/** The CPU of this Node process, by ONNX Runtime's native binary. */
export const nodeCpu: Backend = { loops: true, sharesMemory: true, open, blockSize }

/** Sessions of the last models, by what they were made of; the last one that was used is last. */
const kept = new Map<string, Promise<Session>>()
let most = 0

/**
 * Keep the sessions of the last `count` models, and use them again for models of the same bytes: for processes that train
 * one model many times. None unless called.
 */
export function keepSessions(count: number): void {
  most = count
  forget()
}

/** Let go of all sessions but the last. */
function forget(): void {
  for (const old of [...kept.keys()].slice(0, Math.max(0, kept.size - most))) kept.delete(old)
}

function open(model: Uint8Array, options: SessionOptions): Promise<Session> {
  if (most === 0) return create(model, options)
  const key = createHash('sha256').update(JSON.stringify(options)).update(model).digest('base64')
  const session = kept.get(key) ?? create(model, options)
  kept.delete(key)
  kept.set(key, session)
  session.catch(() => kept.delete(key))
  forget()
  return session
}

async function create(model: Uint8Array, { threads, exact }: SessionOptions): Promise<Session> {
  const session = await ort.InferenceSession.create(model, {
    executionProviders: ['cpu'],
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    graphOptimizationLevel: exact ? 'basic' : 'all',
    logSeverityLevel: 3,
  })
  return wrap(session, tensor)
}

/**
 * How many channels this CPU's convolutions take side by side: 16 with AVX-512, 8 with AVX2; 1 where it has no such
 * kernels. Found by asking for a tensor of 4 channels in that layout, which fills it up to one block.
 */
function blockSize(): Promise<number> {
  measured ??= measureBlock().catch(() => 1)
  return measured
}

let measured: Promise<number> | undefined

async function measureBlock(): Promise<number> {
  const model = modelBytes({
    name: 'block',
    node: [nodeProto('com.microsoft.nchwc.ReorderInput', ['x'], ['y'])],
    initializer: [],
    input: [valueInfo('x', 'float32', [1, 4, 1, 1])],
    output: [valueInfo('y', 'float32', ['n', 'c', 'h', 'w'])],
  })
  const session = await open(model, { threads: 1, exact: false })
  const x: HostTensor = { dtype: 'float32', shape: [1, 4, 1, 1], data: new Float32Array(4) }
  return (await session.run(new Map([['x', x]]))).get('y')!.length
}

const tensor = ({ dtype, data, shape }: HostTensor): ort.Tensor => new ort.Tensor(dtype, data as never, shape)
