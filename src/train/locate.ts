import type { Batch } from '../data/batch.ts'
import { OutOfRangeError } from '../runtime/ranges.ts'

/**
 * Runs a graph on a stack (batches of `size` examples, concatenated). An error of an index or label out of range then
 * names the example's number in the data set, where it is known.
 *
 * @param first number of the stack's first example, if its examples are in the order of the data
 * @param before number of examples that the batch has before the stack's
 */
export async function locating<T>(
  stack: Batch,
  size: number,
  run: () => Promise<T>,
  first?: number,
  before: number = 0,
): Promise<T> {
  const indices = stack.from?.indices // absent once the run has read the examples
  try {
    return await run()
  } catch (error) {
    if (!(error instanceof OutOfRangeError) || error.place.inDataset) throw error
    const { turn, example: row } = error.place
    if (row === undefined) throw error
    const at = turn * size + row
    const example = indices ? indices[at] : first === undefined ? undefined : first + at
    throw example === undefined ? error.after(before) : error.inDataset(example)
  }
}
