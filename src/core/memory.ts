import { memoryLimit } from '#platform'
import { ArgumentError } from './errors.ts'

/** Number of bytes that fit into every machine's memory, which to ask for takes longer than to initialize a small weight. */
const certain = 2 ** 20

/**
 * Checks, before an array is allocated, that its `bytes` can fit into this machine's memory: absurd sizes are
 * refused at once, rather than after minutes of swapping.
 *
 * @param what description of the array in the error: `weights of [100, 1000000000]`
 */
export function checkMemory(who: string, what: string, bytes: number, fix?: string): void {
  if (bytes <= certain) return
  const most = memoryLimit()
  if (bytes <= most) return
  const advice = fix === undefined ? '' : `; ${fix}`
  throw new ArgumentError(
    `${who}: wanted ${what} that fit into the ${gigabytes(most)} of this machine, got ${gigabytes(bytes)}${advice}`,
  )
}

const gigabytes = (bytes: number): string => `${Number((bytes / 1e9).toPrecision(3))} GB`
