import { createHash } from 'node:crypto'
import { modelBytes, nodeProto, valueInfo } from '../onnx/proto.ts'
import { deviceError } from './failure.ts'
import { ort } from './native.ts'
import { type Backend, type HostTensor, type Session, type SessionOptions, wrap } from './session.ts'

/** Backend on the CPU, through ONNX Runtime's native binary for Node. */
export const nodeCpu: Backend = { loops: true, threads: 'each', sharesMemory: true, open, blockSize }

/** Cached sessions (compiled models), keyed by a hash of model and options, least recently used first. */
const kept = new Map<string, Promise<Session>>()
let least = 0
let used = (): number => Number.POSITIVE_INFINITY

/**
 * Caches compiled models, for processes that train the same models many times. Each keeps the memory of a call.
 *
 * @param count number of compiled models to cache whatever memory they take; with 0, none is cached
 * @param memory returns the bytes that the process takes; up to 1 GiB, it keeps up to 64 models. @default unknown
 */
export function keepSessions(count: number, memory: () => number = () => Number.POSITIVE_INFINITY): void {
  least = count
  used = memory
  evict()
}

/** Maximum number of cached sessions, and the bytes of memory above which a process keeps no more than it must. */
const [most, small] = [64, 2 ** 30]

/** Removes the least recently used sessions from the cache: those that are too many for the memory in use. */
function evict(): void {
  const limit = kept.size <= least || used() > small ? least : most
  for (const old of [...kept.keys()].slice(0, Math.max(0, kept.size - limit))) kept.delete(old)
}

function open(model: Uint8Array, options: SessionOptions): Promise<Session> {
  if (least === 0) return create(model, options)
  const key = createHash('sha256').update(JSON.stringify(options)).update(model).digest('base64')
  const session = kept.get(key) ?? create(model, options).then(({ run }): Session => ({ run }))
  kept.delete(key)
  kept.set(key, session)
  session.catch(() => kept.delete(key))
  evict()
  return session
}

async function create(model: Uint8Array, { threads, exact }: SessionOptions): Promise<Session> {
  const session = await ort.InferenceSession.create(model, {
    executionProviders: ['cpu'],
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    graphOptimizationLevel: exact ? 'basic' : 'all',
    logSeverityLevel: 4, // fatal: an error is thrown, not printed as well
  }).catch((error: unknown) => {
    throw deviceError('compile', error)
  })
  return wrap(session, ort.Tensor)
}

/** Returns the channels per block in this CPU's `Conv` kernels: 16 (AVX-512), 8 (AVX2) or 1 (no blocks). */
function blockSize(): Promise<number> {
  measured ??= measureBlock().catch(() => 1)
  return measured
}

let measured: Promise<number> | undefined

/** Measures the channels per block: a tensor of 4 channels, converted to blocks, is padded to a full block. */
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
