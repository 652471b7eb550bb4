import { loader } from '../data/loader.ts'
import { isStream } from '../data/stream.ts'
import type { BatchNorm } from '../nn/batch-norm.ts'
import { batchNorms } from '../nn/freeze.ts'
import type { Experiment } from '../train/experiment.ts'
import { recalibrate } from '../train/recalibrate.ts'
import type { Task } from '../train/task.ts'
import type { Drift } from './trial.ts'

/** Batches of training data that are enough to measure statistics: as many as fvcore's PreciseBN takes. */
const batches = 200

/**
 * How far the running statistics of a model are from those of its training data, and what that costs. The model is as
 * before after. Nothing when no layer has running statistics.
 */
export async function driftOf(task: Task, experiment: Experiment): Promise<Drift | undefined> {
  const layers = [...batchNorms(task.model).values()].filter(({ runningMean }) => runningMean !== undefined)
  if (layers.length === 0) return undefined
  const { data, batchSize, seed } = experiment
  const evaluate = async (): Promise<number> => (await task.evaluate(data.validation, { batchSize })).loss
  return task.atEvaluation(
    async () => {
      const validationLoss = await evaluate()
      const running = layers.map(statistics)
      const last = !isStream(data.train) && data.train.length < batchSize ? 'keep' : 'drop'
      await recalibrate(task.model, loader(data.train, { batchSize, seed, last }), { batches })
      const kl = Math.max(...layers.map((layer, i) => divergence(statistics(layer), running[i]!, layer)))
      const recalibratedLoss = await evaluate()
      for (const [i, layer] of layers.entries()) restore(layer, running[i]!)
      return { kl, validationLoss, recalibratedLoss }
    },
    { batchSize },
  )
}

interface Statistics {
  readonly mean: Float32Array | Float64Array
  readonly variance: Float32Array | Float64Array
  readonly tracked: BigInt64Array
}

const statistics = ({ runningMean, runningVar, numBatchesTracked }: BatchNorm): Statistics => ({
  mean: runningMean!.data as Float32Array,
  variance: runningVar!.data as Float32Array,
  tracked: numBatchesTracked!.data as BigInt64Array,
})

function restore(layer: BatchNorm, { mean, variance, tracked }: Statistics): void {
  layer.runningMean!.data = mean
  layer.runningVar!.data = variance
  layer.numBatchesTracked!.data = tracked
}

/**
 * The mean over channels of KL(true ‖ running) of normal distributions, in nats:
 *
 *     ½ · (ln(rv / σ²) + (σ² + (μ − rm)²) / rv − 1)
 */
function divergence(truth: Statistics, running: Statistics, { eps }: BatchNorm): number {
  let total = 0
  for (let c = 0; c < truth.mean.length; c++) {
    const [own, other] = [truth.variance[c]! + eps, running.variance[c]! + eps]
    total += (Math.log(other / own) + (own + (truth.mean[c]! - running.mean[c]!) ** 2) / other - 1) / 2
  }
  return total / truth.mean.length
}
