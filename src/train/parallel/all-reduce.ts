import { allocate, type Data } from '../../core/dtype.ts'
import type { Variable } from '../../core/variable.ts'
import type { Communicator } from './communicator.ts'

type Floats = Float32Array | Float64Array

/** Numbers of one variable in a flat buffer that is summed over all ranks. */
interface Slot {
  readonly variable: Variable
  /** Writes this rank's addend into the slot. */
  put(slot: Floats): void
  /** Returns the variable's new value from the sums. */
  take(sums: Floats): Data
}

/** Sums variables over all ranks, all of them by one call of the communicator. */
export class AllReduce {
  readonly #communicator: Communicator
  #buffer: Floats | undefined

  constructor(communicator: Communicator) {
    this.#communicator = communicator
  }

  /** Gives the variables of all slots their new values. */
  async run(slots: readonly Slot[]): Promise<void> {
    const buffer = this.#bufferFor(slots)
    const each = (use: (slot: Slot, part: Floats) => void): void => {
      let at = 0
      for (const slot of slots) {
        const { length } = slot.variable.data
        use(slot, buffer.subarray(at, at + length))
        at += length
      }
    }
    each((slot, part) => slot.put(part))
    await this.#communicator.sum(buffer)
    each((slot, part) => {
      slot.variable.data = slot.take(part)
    })
  }

  #bufferFor(slots: readonly Slot[]): Floats {
    const length = slots.reduce((sum, { variable }) => sum + variable.data.length, 0)
    const dtype = slots.some(({ variable }) => variable.dtype === 'float64') ? 'float64' : 'float32'
    const known = this.#buffer
    if (known?.length === length && known.BYTES_PER_ELEMENT === (dtype === 'float64' ? 8 : 4)) return known
    this.#buffer = allocate(dtype, length) as Floats
    return this.#buffer
  }
}

/** Slot of a variable that becomes its sum over all ranks. */
export const summing = (variable: Variable): Slot => ({
  variable,
  put: (slot) => slot.set(variable.data as Floats),
  take: (sums) => filledWith(variable, (next) => next.set(sums as never)),
})

/**
 * Slot of a variable that becomes its average over all ranks, in which each counts by its `share`, and all shares add up
 * to 1. A counter grows by the average of what the ranks have counted, rounded up.
 *
 * @param before value of the variable before the ranks changed it, the same on all
 */
export function averaging(variable: Variable, before: Data, share: number, size: number): Slot {
  const { data, dtype } = variable
  if (dtype === 'float32' || dtype === 'float64') {
    const put = (slot: Floats): void => {
      for (let i = 0; i < slot.length; i++) slot[i] = (data as Floats)[i]! * share
    }
    return { ...summing(variable), put }
  }
  return {
    variable,
    put: (slot) => {
      for (let i = 0; i < slot.length; i++) slot[i] = Number(data[i]!) - Number(before[i]!)
    },
    take: (sums) =>
      filledWith(variable, (next) => {
        for (let i = 0; i < sums.length; i++) {
          const value = Number(before[i]!) + Math.ceil(sums[i]! / size)
          next[i] = dtype === 'int64' ? BigInt(value) : value
        }
      }),
  }
}

function filledWith({ dtype, data }: Variable, fill: (next: Data) => void): Data {
  const next = allocate(dtype, data.length)
  fill(next)
  return next
}
