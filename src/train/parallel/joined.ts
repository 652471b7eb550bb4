import { MachineError } from '../../core/errors.ts'
import type { LossPart } from '../loss-terms.ts'
import type { Communicator } from './communicator.ts'

/** Another rank has failed, and said why. */
export class RankError extends MachineError {
  override readonly name = 'RankError'

  constructor(which: string) {
    super(`train: wanted all ranks to train, got an error on ${which}; see its message`)
  }
}

/** Errors that some ranks met and others did not. */
const partial = new WeakSet<object>()

/** Whether this rank met an error that others did not meet, so that none of them will report it. */
export const isOfThisRank = (error: unknown): boolean => partial.has(Object(error))

/**
 * Runs `body` on all ranks, and sums the numbers that it returns. If it throws on some ranks, no rank goes on.
 *
 * @param count number of numbers
 * @throws what `body` throws on this rank.
 * @throws {RankError} when it throws on other ranks only.
 */
export async function sumOnAll(
  communicator: Communicator,
  count: number,
  body: () => Promise<ArrayLike<number>>,
): Promise<Float64Array> {
  const numbers = new Float64Array(count + 1)
  let failure: { readonly error: unknown } | undefined
  try {
    numbers.set(await body())
  } catch (error) {
    failure = { error }
    numbers[count] = 1
  }
  await communicator.sum(numbers)
  if (failure) {
    if (numbers[count]! < communicator.size) partial.add(Object(failure.error))
    throw failure.error
  }
  if (numbers[count]! > 0) throw new RankError('another rank')
  return numbers.subarray(0, count)
}

/** Returns the parts of the losses of some steps, joined over all ranks. */
export async function joinedParts(
  communicator: Communicator,
  steps: readonly (readonly LossPart[])[],
): Promise<readonly (readonly LossPart[])[]> {
  const all = Float64Array.from(
    steps.flatMap((parts) => parts.flatMap(({ total, weight = 0 }) => [total, weight])),
  )
  await communicator.sum(all)
  let at = 0
  return steps.map((parts) =>
    parts.map(({ weight }) => {
      const total = all[at]!
      const sum = all[at + 1]!
      at += 2
      return weight === undefined ? { total } : { total, weight: sum }
    }),
  )
}
