import type { Variable } from '../../core/variable.ts'
import type { Batch } from '../../data/batch.ts'
import { type LossPart, lossOfParts } from '../loss-terms.ts'
import { rows } from '../rows.ts'
import { joinedSteps, type Steps } from '../steps.ts'
import { AllReduce, averaging } from './all-reduce.ts'
import type { Communicator } from './communicator.ts'
import { joinedParts, sumOnAll } from './joined.ts'
import { ownStack } from './own-rows.ts'

type Taken = Omit<Steps, 'lrs'>

/** Takes some steps on the batches of `size` examples in a stack. @param step number of the first step */
export type LearnLocally = (stack: Batch, size: number, step: number) => Promise<Taken>

/**
 * Local SGD: each rank takes steps by the gradients of its own examples; after each step whose number plus 1 is a
 * multiple of `every`, and after the last batch of a call, the ranks average their weights and optimizer states. Source:
 * Lin et al. 2020, https://arxiv.org/abs/1808.07217; Yu et al. 2019, https://arxiv.org/abs/1905.03817, for the states.
 */
export class LocalSteps {
  readonly #communicator: Communicator
  readonly #every: number
  readonly #variables: readonly Variable[]
  readonly #allReduce: AllReduce

  /** @param variables variables of the model and of the optimizer */
  constructor(communicator: Communicator, every: number, variables: readonly Variable[]) {
    this.#communicator = communicator
    this.#every = every
    this.#variables = variables
    this.#allReduce = new AllReduce(communicator)
  }

  /** Takes a step for each batch of `size` examples in a stack. Ends after a round with a loss that is not finite. */
  async learn(stack: Batch, size: number, step: number, learn: LearnLocally): Promise<Taken> {
    const count = stack.length / size
    const done: Steps[] = []
    for (let from = 0; from < count; ) {
      const to = Math.min(count, from + this.#every - ((step + from) % this.#every))
      const taken = await this.#round(rows(stack, size, from, to), size, step + from, learn)
      done.push({ ...taken, lrs: new Float64Array(taken.losses.length) })
      if (!taken.losses.every(Number.isFinite)) break
      from = to
    }
    const { lrs: _, ...all } = joinedSteps(done)
    return all
  }

  /** Takes the steps from one average to the next. */
  async #round(stack: Batch, size: number, step: number, learn: LearnLocally): Promise<Taken> {
    const before = this.#variables.map((variable) => variable.data)
    const own = ownStack(stack, size, this.#communicator)
    const share = own.length / stack.length
    const count = stack.length / size
    let parts: Taken['parts']
    const sums = await sumOnAll(this.#communicator, count, async () => {
      const done = await learn(own, own.length / count, step)
      parts = done.parts
      // After a loss that is not finite, there may be none for the steps that follow.
      return Array.from({ length: count }, (_, k) => (done.losses[k] ?? Number.NaN) * share)
    })
    const all = parts && (await joinedParts(this.#communicator, filled(parts, count)))
    const losses = all ? Float64Array.from(all, lossOfParts) : sums
    if (losses.every(Number.isFinite)) await this.#average(before, share)
    return { losses, ...(all && { parts: all }) }
  }

  #average(before: readonly Variable['data'][], share: number): Promise<void> {
    const { size } = this.#communicator
    const changed = this.#variables.flatMap((variable, i) =>
      variable.data === before[i] ? [] : [averaging(variable, before[i]!, share, size)],
    )
    return this.#allReduce.run(changed)
  }
}

/** Returns the parts of `count` steps; those of steps that were not taken are NaN. */
const filled = (parts: readonly (readonly LossPart[])[], count: number): readonly (readonly LossPart[])[] =>
  Array.from(
    { length: count },
    (_, k) => parts[k] ?? parts[0]!.map((part) => ({ ...part, total: Number.NaN })),
  )
