import type { Data, DType } from '../core/dtype.ts'
import { type Shape, sameShape } from '../core/shape.ts'
import { type Graph, modelBytes, nodeProto, valueInfo } from '../onnx/proto.ts'
import type { HostTensor, OrtSession, OrtTensor, OrtTensorClass } from './session.ts'

/** Where a tensor's values lie. */
export type Location = 'cpu' | 'gpu-buffer'

/** Compiles a model whose outputs are to lie at a location, or each where its name says. */
export type OpenAt = (
  model: Uint8Array,
  location: Location | Readonly<Record<string, Location>>,
) => Promise<OrtSession>

/** Number of tensors that one call moves; a graph of fixed size, so that it is compiled once for each element type. */
const width = 16

/** Whether a device can keep tensors of an element type in its memory between calls. */
export const isKeepable = (dtype: DType): boolean => dtype === 'float32' || dtype === 'int32'

/**
 * Copies of arrays in a device's memory. As no array of a variable is ever written into, a copy stays valid for as long
 * as its array is used. Tensors are moved by graphs of `Identity`, whose outputs lie at the other place: ONNX Runtime
 * has no other way that works in Node.js and in browsers.
 */
export class DeviceMemory {
  readonly #Tensor: OrtTensorClass
  readonly #open: OpenAt
  readonly #copies = new WeakMap<Data, OrtTensor>()
  readonly #movers = new Map<string, Promise<OrtSession>>()
  readonly #orphans = new FinalizationRegistry<OrtTensor>((copy) => copy.dispose())

  constructor(Tensor: OrtTensorClass, open: OpenAt) {
    this.#Tensor = Tensor
    this.#open = open
  }

  /** Returns the copy of a variable's array, made now unless the device has it; the array itself if it has no use. */
  async copyOf(value: HostTensor): Promise<OrtTensor> {
    const { data, dtype, shape } = value
    const known = this.#copies.get(data)
    if (known && sameShape(known.dims as Shape, shape)) return known
    const host = new this.#Tensor(dtype, data as never, shape)
    if (!isKeepable(dtype) || data.length === 0) return host
    const [copy] = await this.#move([host], dtype, 'gpu-buffer')
    this.keep(data, copy!)
    return copy!
  }

  /** Remembers that a tensor of the device has the values of an array. */
  keep(data: Data, copy: OrtTensor): void {
    this.#copies.set(data, copy)
    this.#orphans.register(data, copy, copy)
  }

  /** Frees the copy of an array that a variable no longer has; should it be used again, it is copied again. */
  drop(data: Data): void {
    const copy = this.#copies.get(data)
    if (!copy) return
    this.#copies.delete(data)
    this.#orphans.unregister(copy)
    copy.dispose()
  }

  /** Returns the values of tensors of one element type that lie on the device. */
  async read(tensors: readonly OrtTensor[], dtype: DType): Promise<Data[]> {
    return (await this.#move(tensors, dtype, 'cpu')).map(({ data }) => data as Data)
  }

  async #move(tensors: readonly OrtTensor[], dtype: DType, to: Location): Promise<OrtTensor[]> {
    const moved: OrtTensor[] = []
    for (let at = 0; at < tensors.length; at += width) {
      const some = tensors.slice(at, at + width)
      const count = some.length === 1 ? 1 : width
      const mover = await this.#mover(dtype, count, to)
      // The last tensor again for what is missing would be copied in full: a single number is cheaper.
      const filler = count > some.length ? new this.#Tensor(dtype, zero(dtype) as never, []) : undefined
      const feeds = Array.from({ length: count }, (_, i) => [`x${i}`, some[i] ?? filler] as const)
      const results = await mover.run(Object.fromEntries(feeds))
      for (let i = 0; i < count; i++) {
        const result = results[`y${i}`]!
        if (i < some.length) moved.push(result)
        else if (to === 'gpu-buffer') result.dispose()
      }
    }
    return moved
  }

  #mover(dtype: DType, count: number, to: Location): Promise<OrtSession> {
    const key = `${dtype} ${count} ${to}`
    const mover = this.#movers.get(key) ?? this.#open(identity(dtype, count), to)
    this.#movers.set(key, mover)
    mover.catch(() => this.#movers.delete(key))
    return mover
  }
}

const zero = (dtype: DType): Data => (dtype === 'int32' ? new Int32Array(1) : new Float32Array(1))

/** Returns the bytes of a model that copies `count` tensors of any shape. */
function identity(dtype: DType, count: number): Uint8Array {
  const all = [...Array(count).keys()]
  const graph: Graph = {
    name: 'move',
    node: all.map((i) => nodeProto('Identity', [`x${i}`], [`y${i}`])),
    initializer: [],
    input: all.map((i) => valueInfo(`x${i}`, dtype)),
    output: all.map((i) => valueInfo(`y${i}`, dtype)),
  }
  return modelBytes(graph)
}
