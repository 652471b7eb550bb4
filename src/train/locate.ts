import type { Batch } from '../data/batch.ts'
import { OutOfRangeError } from '../runtime/ranges.ts'

/**
 * Runs a graph on a stack (batches of `size` examples, concatenated). If an index or label is out of range, the error
 * names the example by its number in the data set, where that is known.
 *
 * @param first number of the stack's first example in the data set, if the examples are in the data set's order
 * @param before number of examples of the batch that precede the stack
 */
export async function locating<T>(
  stack: Pick<Batch, 'from'>,
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
