import type { Data } from '../../core/dtype.ts'
import type { Variable } from '../../core/variable.ts'
import type { Batch } from '../../data/batch.ts'
import { type LossPart, lossOfParts } from '../loss-terms.ts'
import { AllReduce, averaging, summing } from './all-reduce.ts'
import type { Communicator } from './communicator.ts'
import { joinedParts, sumOnAll } from './joined.ts'
import { ownRows } from './own-rows.ts'

/** Loss of a batch, and the parts of it if it is no mean over the examples. */
interface BatchLoss {
  readonly loss: number
  readonly parts: readonly LossPart[] | undefined
}

/**
 * What the ranks exchange in a step of synchronous training: the loss of the batch, the sums of gradients, and what the
 * forward pass changed, which are the running statistics of batch normalization.
 */
export class GradientExchange {
  readonly #communicator: Communicator
  readonly #variables: readonly Variable[]
  readonly #allReduce: AllReduce
  /** Values of the model's variables before the step. */
  #before: ReadonlyMap<Variable, Data> = new Map()
  /** Number of this rank's examples divided by the number in the batch. */
  #share = 1

  /** @param variables variables of the model */
  constructor(communicator: Communicator, variables: readonly Variable[]) {
    this.#communicator = communicator
    this.#variables = variables
    this.#allReduce = new AllReduce(communicator)
  }

  /**
   * Computes the loss of a batch, each rank on its own examples, and the gradients.
   *
   * @param body computes a rank's examples. @returns their part of the loss, and its parts
   */
  async losses(batch: Batch, body: (own: Batch) => Promise<BatchLoss>): Promise<BatchLoss> {
    this.#before = new Map(this.#variables.map((variable) => [variable, variable.data]))
    const own = ownRows(batch, this.#communicator)
    this.#share = own.length / batch.length
    let parts: BatchLoss['parts']
    const [loss] = await sumOnAll(this.#communicator, 1, async () => {
      const done = await body(own)
      parts = done.parts
      return [done.loss]
    })
    if (parts === undefined) return { loss: loss!, parts }
    const [all] = await joinedParts(this.#communicator, [parts])
    return { loss: lossOfParts(all!), parts: all }
  }

  /** Sums gradients over all ranks, and averages what the forward pass changed. @param sums sums of gradients */
  gradients(sums: readonly Variable[]): Promise<void> {
    const { size } = this.#communicator
    const changed = [...this.#before].filter(([variable, before]) => variable.data !== before)
    const state = changed.map(([variable, before]) => averaging(variable, before, this.#share, size))
    return this.#allReduce.run([...sums.map(summing), ...state])
  }
}
