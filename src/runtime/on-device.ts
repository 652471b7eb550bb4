import { allocate, type Data, type DType } from '../core/dtype.ts'
import { sizeOf } from '../core/shape.ts'
import { graphNames } from '../onnx/model.ts'
import { type DeviceMemory, isKeepable, type Location } from './device-memory.ts'
import { deviceError } from './failure.ts'
import {
  type HostTensor,
  type OrtSession,
  type OrtTensor,
  type OrtTensorClass,
  type Session,
  type StepPlan,
  silent,
} from './session.ts'

type Feeds = ReadonlyMap<string, HostTensor>
type Tensors = Readonly<Record<string, OrtTensor>>

/** Returns where each output of a step is to lie: on the device, unless it is a result of a single step. */
export function locationsOf({ outputs, next, loop }: StepPlan): Record<string, Location> {
  const state = new Set(next.values())
  const isKept = (name: string, dtype: DType): boolean => isKeepable(dtype) && (loop || state.has(name))
  return Object.fromEntries(
    [...outputs].map(([name, dtype]) => [name, isKept(name, dtype) ? 'gpu-buffer' : 'cpu']),
  )
}

/**
 * Wraps the session of a single step for a device without a kernel for `Loop`. A call takes all of its K steps, as a
 * `Loop` would: weights, statistics and optimizer state go from one step to the next in the device's memory, and
 * everything is read once, after the last step. The next call uploads only variables whose arrays were replaced since.
 */
export function onDevice(
  session: OrtSession,
  Tensor: OrtTensorClass,
  memory: DeviceMemory,
  plan: StepPlan,
): Session {
  const needed = new Set(session.inputNames)
  return {
    release: () => session.release(),
    async run(feeds) {
      const call = new Call(memory, plan)
      try {
        const given = new Map([...feeds].filter(([name]) => needed.has(name)))
        const lasting: Record<string, OrtTensor> = {}
        for (const [name, value] of given)
          if (plan.variables.has(name)) lasting[name] = await memory.copyOf(value)
        const count = Number(feeds.get(graphNames.count)?.data[0] ?? 1)
        for (let k = 0; k < count; k++) {
          const fed = { ...lasting, ...call.state, ...inputsAt(k, given, Tensor, plan) }
          const used = Object.fromEntries(Object.entries(fed).filter(([name]) => needed.has(name)))
          call.add(await session.run(used, silent()))
        }
        return await call.finish(feeds)
      } catch (error) {
        throw deviceError('step', error)
      } finally {
        call.free()
      }
    },
  }
}

/** Returns the inputs of step `k` that are not variables. */
function inputsAt(
  k: number,
  given: Feeds,
  Tensor: OrtTensorClass,
  { loop, fixed, variables }: StepPlan,
): Tensors {
  const each = [...given].filter(([name]) => !variables.has(name))
  return Object.fromEntries(
    each.map(([name, { dtype, shape, data }]) => {
      if (!loop || fixed.has(name)) return [name, new Tensor(dtype, data as never, shape)]
      const own = shape.slice(1)
      const slice = data.subarray(k * sizeOf(own), (k + 1) * sizeOf(own))
      return [name, new Tensor(dtype, slice as never, own)]
    }),
  )
}

/** The steps of one call, and the tensors that they leave on the device. */
class Call {
  /** Current values of the variables that the steps change, by the name of the input. */
  state: Tensors = {}
  readonly #memory: DeviceMemory
  readonly #plan: StepPlan
  readonly #turns: Tensors[] = []
  /** Tensors on the device to free when the call ends. */
  readonly #own = new Set<OrtTensor>()

  constructor(memory: DeviceMemory, plan: StepPlan) {
    this.#memory = memory
    this.#plan = plan
  }

  /** Takes over the outputs of a step, and frees the state from before it. */
  add(outputs: Tensors): void {
    for (const [name, place] of Object.entries(locationsOf(this.#plan)))
      if (place === 'gpu-buffer') this.#own.add(outputs[name]!)
    for (const before of Object.values(this.state)) if (this.#own.delete(before)) before.dispose()
    const next = [...this.#plan.next].map(([input, output]) => [input, outputs[output]!] as const)
    this.state = Object.fromEntries(next)
    this.#turns.push(outputs)
  }

  /** Returns the values of all outputs: of each step's results, and of the state after the last step. */
  async finish(feeds: Feeds): Promise<ReadonlyMap<string, Data>> {
    const { outputs, next } = this.#plan
    const state = new Set(next.values())
    const last = this.#turns.slice(-1)
    const wanted = [...outputs].map(([name, dtype]) => {
      return { name, dtype, tensors: (state.has(name) ? last : this.#turns).map((turn) => turn[name]!) }
    })
    const onDevice = wanted.flatMap(({ dtype, tensors }) => tensors.map((t) => [t, dtype] as const))
    const read = await this.#read(onDevice.filter(([t]) => this.#own.has(t)))
    const values = wanted.map(({ name, dtype, tensors }): [string, Data] => {
      const each = tensors.map((t) => read.get(t) ?? (t.data as Data))
      return [name, each.length === 1 ? each[0]! : joined(dtype, each)]
    })
    const all = new Map(values)
    for (const [input, output] of next)
      this.#keep(feeds.get(input)?.data, all.get(output)!, this.state[input]!)
    return all
  }

  /** Leaves the new values of a variable on the device, for the next call, and frees the old ones. */
  #keep(before: Data | undefined, after: Data, tensor: OrtTensor): void {
    if (before) this.#memory.drop(before)
    if (this.#own.delete(tensor)) this.#memory.keep(after, tensor)
  }

  async #read(tensors: readonly (readonly [OrtTensor, DType])[]): Promise<ReadonlyMap<OrtTensor, Data>> {
    const read = new Map<OrtTensor, Data>()
    for (const type of new Set(tensors.map(([, dtype]) => dtype))) {
      const own = tensors.flatMap(([t, dtype]) => (dtype === type ? [t] : []))
      const data = await this.#memory.read(own, type)
      for (const [i, t] of own.entries()) read.set(t, data[i]!)
    }
    return read
  }

  /** Frees what the call has left on the device and nobody keeps. */
  free(): void {
    for (const tensor of this.#own) tensor.dispose()
    this.#own.clear()
  }
}

/** Concatenates arrays of one element type. */
function joined(dtype: DType, parts: readonly Data[]): Data {
  const all = allocate(
    dtype,
    parts.reduce((n, { length }) => n + length, 0),
  )
  let at = 0
  for (const data of parts) {
    all.set(data as never, at)
    at += data.length
  }
  return all
}
