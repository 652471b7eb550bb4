import type { Data } from '../core/dtype.ts'
import { sizeOf } from '../core/shape.ts'
import { count, figure, listed } from '../core/text.ts'
import { meanOf } from '../core/vector.ts'
import type { Dataset, FieldSpec } from '../data/dataset.ts'
import type { Experiment } from '../train/experiment.ts'
import type { Task } from '../train/task.ts'
import { abridged } from './lint/rule.ts'
import { tracedOutput } from './traced-output.ts'

/** Course of an attempt to memorize a few examples. */
export interface Attempt {
  readonly examples: number
  /** Loss of each step, before the step. */
  readonly losses: readonly number[]
  /** The last of `losses`. */
  readonly loss: number
  /** Fraction of the examples whose label is predicted at the end, in evaluation mode; absent without classes. */
  readonly accuracy?: number
}

/** What `overfit` trained: the task at its end, on these examples, and the weights that it began with. */
interface Trained {
  readonly task: Task
  readonly dataset: Dataset
  readonly before: ReadonlyMap<string, Data>
  readonly subject: Experiment
}

/** Returns why the examples may not have been memorized: what was observed or, if nothing was, what is usual. */
export function causesOf(failed: Attempt, trained: Trained): readonly string[] {
  const observed = [
    contradiction(trained.dataset),
    unmoved(trained),
    lastActivation(trained),
    floor(failed),
    trend(failed),
  ].filter((cause) => cause !== undefined)
  return observed.length > 0 ? observed : [usual(failed)]
}

/** Looks for two examples of the same input with different targets, which no model can tell apart. */
function contradiction({ x, y, length }: Dataset): string | undefined {
  const row = ({ data, shape }: FieldSpec & { readonly data: Data }, i: number): string => {
    const size = sizeOf(shape)
    return Array.from({ length: size }, (_, j) => String(data[i * size + j])).join()
  }
  const seen = new Map<string, number>()
  for (let i = 0; i < length; i++) {
    const key = row(x, i)
    const other = seen.get(key)
    if (other === undefined) seen.set(key, i)
    else if (row(y, other) !== row(y, i))
      return `examples ${other} and ${i} have the same x but different y, which no model can both predict`
  }
  return undefined
}

/** Names the weights that no step changed. */
function unmoved({ task, before }: Trained): string | undefined {
  const trained = [...task.trained]
  const still = trained.filter(([name, { data }]) => data.every((value, i) => value === before.get(name)![i]))
  if (still.length === 0) return undefined
  if (still.length === trained.length) return 'no step changed a weight: the rate is 0 at every step'
  const names = abridged(still.map(([name]) => name))
  return `no step changed ${names}: forward does not use them, detaches them, or a group gives them a rate of 0`
}

/** Operators of activations that limit the outputs of a model, with the reason why that may keep a loss high. */
const bounded: Readonly<Record<string, string>> = {
  Softmax: 'the loss of logits, such as crossEntropy, has its own',
  Sigmoid: 'the loss of logits has its own, and other targets may lie outside 0 to 1',
  Tanh: 'targets may lie outside −1 to 1',
  Relu: 'it gives no negative output, and no gradient where it gives 0',
}

/** Returns a cause: the model ends in an activation that limits its outputs; undefined if it does not. */
function lastActivation({ task, dataset, subject }: Trained): string | undefined {
  const { op } = tracedOutput(task.model, dataset.x, dataset.length, subject.dtype)
  const why = bounded[op]
  return why === undefined ? undefined : `the model ends in ${op}: ${why}`
}

function floor({ accuracy, examples, loss }: Attempt): string | undefined {
  if (accuracy !== 1) return undefined
  return `all ${count(examples)} examples are predicted right, so the loss may have a floor above 0, as with label smoothing; if ${figure(loss, 4)} is the floor, nothing is wrong`
}

/** Judges the end of the curve: whether it still falls, or jumps up and down. */
function trend({ losses }: Attempt): string | undefined {
  const part = Math.max(1, Math.floor(losses.length / 10))
  const half = Math.floor(losses.length / 2)
  const last = losses.slice(-part)
  const [now, then] = [meanOf(last), meanOf(losses.slice(half, half + part))]
  if (now < 0.95 * then) {
    return `the loss still falls, by ${figure(100 * (1 - now / then), 2)} % in the second half of the steps: take more steps, or a higher rate`
  }
  const jumps = last.some((loss) => loss > 2 * Math.min(...last))
  return jumps ? 'the loss jumps up and down: take a lower rate' : undefined
}

function usual({ examples }: Attempt): string {
  const causes = [
    'the targets do not belong to their inputs',
    `the model is too small for ${count(examples)} examples`,
    'a layer loses the input, such as activations that are all 0',
    'the rate is far too high or too low',
  ]
  return `the loss has stopped falling; usual causes: ${listed(causes, 'or')}`
}
