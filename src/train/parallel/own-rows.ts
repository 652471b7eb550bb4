import { type Data, joinData } from '../../core/dtype.ts'
import { type Batch, picked } from '../../data/batch.ts'
import { rows } from '../rows.ts'
import type { Communicator } from './communicator.ts'

type Place = Pick<Communicator, 'rank' | 'size'>

/** Returns the index of the first of `length` examples that a rank trains on. */
const firstOf = (rank: number, size: number, length: number): number => Math.floor((rank * length) / size)

/** Returns the examples of a batch that this rank trains on: a run of consecutive ones, of nearly equal length on all. */
export const ownRows = (batch: Batch, { rank, size }: Place): Batch =>
  rows(batch, 1, firstOf(rank, size, batch.length), firstOf(rank + 1, size, batch.length))

/** Returns this rank's examples of each batch of `batchSize` examples in a stack, concatenated. */
export function ownStack(stack: Batch, batchSize: number, place: Place): Batch {
  const count = stack.length / batchSize
  if (count === 1) return ownRows(stack, place)
  const [from, to] = [place.rank, place.rank + 1].map((rank) => firstOf(rank, place.size, batchSize))
  const own = <D extends Data>(data: D): D => {
    const width = data.length / stack.length
    const parts = Array.from({ length: count }, (_, k) => k * batchSize).map((first) =>
      data.subarray((first + from!) * width, (first + to!) * width),
    )
    return joinData(parts) as D
  }
  if (stack.from) return picked(stack.from.dataset, own(stack.from.indices))
  const { x, y, weights } = stack
  return { x: own(x), y: own(y), ...(weights && { weights: own(weights) }), length: count * (to! - from!) }
}
