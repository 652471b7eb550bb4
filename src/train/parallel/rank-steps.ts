import type { Variable } from '../../core/variable.ts'
import type { Batch } from '../../data/batch.ts'
import type { Steps } from '../steps.ts'
import type { Communicator, Parallel } from './communicator.ts'
import { GradientExchange } from './gradient-exchange.ts'
import { type LearnLocally, LocalSteps } from './local-steps.ts'
import { ownRows } from './own-rows.ts'

/** How the ranks of a task take a step together: by the sum of their gradients, or each by its own. */
export class RankSteps {
  readonly exchange: GradientExchange
  readonly communicator: Communicator
  readonly #local: LocalSteps | undefined
  readonly #localFrom: number

  /** @param variables variables of the model. @param state variables of the optimizer */
  constructor(parallel: Parallel, variables: readonly Variable[], state: readonly Variable[]) {
    const { communicator, averageEvery, averageFrom = 0 } = parallel
    this.communicator = communicator
    this.exchange = new GradientExchange(communicator, variables)
    this.#localFrom = averageEvery === undefined ? Number.POSITIVE_INFINITY : averageFrom
    if (averageEvery !== undefined)
      this.#local = new LocalSteps(communicator, averageEvery, [...variables, ...state])
  }

  /** Adds the step from which each rank steps by its own gradients to those before which the graph of a step changes. */
  borders(of: readonly number[]): readonly number[] {
    const isInside = this.#localFrom > 0 && Number.isFinite(this.#localFrom)
    return [...new Set(isInside ? [...of, this.#localFrom] : of)].sort((a, b) => a - b)
  }

  /** Whether the gradients of all ranks are added at a step. */
  isSynchronous(step: number): boolean {
    return step < this.#localFrom
  }

  /** Returns the examples of a batch that this rank trains on. */
  own(batch: Batch): Batch {
    return ownRows(batch, this.communicator)
  }

  /** Takes a step for each batch of `size` examples in a stack, from step number `step`. */
  learn(stack: Batch, size: number, step: number, learn: LearnLocally): Promise<Omit<Steps, 'lrs'>> {
    return this.isSynchronous(step) ? learn(stack, size, step) : this.#local!.learn(stack, size, step, learn)
  }
}
