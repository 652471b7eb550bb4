import { custom, integer, nested, type OptionsOf, required } from '../../core/options.ts'

/**
 * Connects the processes (ranks) that train one model together, such as those that `mpirun` started. All ranks call
 * the same functions in the same order, and each call ends once all ranks have made it.
 */
export interface Communicator {
  /** Number of this process, from 0. */
  readonly rank: number
  /** Number of processes. */
  readonly size: number
  /** Replaces each element by its sum over all ranks, rounded in the same way on each. */
  sum(values: Float32Array | Float64Array): Promise<void>
  /** Returns the bytes that rank 0 passes, on every rank; what other ranks pass is ignored. */
  broadcast(bytes: Uint8Array): Promise<Uint8Array>
}

const isCommunicator = (value: unknown): boolean => {
  const { rank, size, sum, broadcast } = Object(value) as Partial<Communicator>
  const isRank = Number.isInteger(rank) && Number.isInteger(size) && rank! >= 0 && rank! < size!
  return isRank && typeof sum === 'function' && typeof broadcast === 'function'
}

const options = {
  /** Connection to the other ranks. */
  communicator: required(custom<Communicator>('an object of rank, size, sum and broadcast', isCommunicator)),
  /**
   * Number of steps that each rank takes by its own gradients before the ranks average their weights and optimizer
   * states (local SGD). @default gradients are averaged in every step
   */
  averageEvery: integer({ min: 1 }),
  /** Step from which `averageEvery` holds; before it, gradients are averaged (post-local SGD). @default 0 */
  averageFrom: integer({ min: 0 }),
}

/** Options of data-parallel training. */
export interface Parallel extends OptionsOf<typeof options> {}

/** The option `parallel` of a task. */
export const parallelOption = nested(options)
