import { data, type nn, type ops, type optim, type schedule, storage, type train } from 'evenstep'
import * as dataEntry from 'evenstep/data'
import { Linear } from 'evenstep/nn'
import { crossEntropy } from 'evenstep/ops'
import { sgd } from 'evenstep/optim'
import { oneCycle } from 'evenstep/schedule'
import { experiment } from 'evenstep/train'

// What a page may import: its types are the same with the condition `browser` and without it, by either resolution.
const set: data.Dataset = dataEntry.dataset({ x: [[0], [1]], y: [0, 1] })
const lr: schedule.Schedule = oneCycle(0.1, { totalSteps: '100%' })
export const made: train.Experiment = experiment({
  data: { train: set, validation: set },
  model: (): nn.Module => new Linear(1, 2),
  loss: crossEntropy,
  optimizer: sgd({ lr }),
  batchSize: 2,
  epochs: 1,
})
export const same: readonly [typeof ops.crossEntropy, typeof optim.sgd] = [crossEntropy, sgd]
export const read = async (file: Uint8Array): Promise<data.Dataset> =>
  data.parseParquet(await data.loadBytes(file), 'a.parquet', { label: 'kind' })
export const kept = (): Promise<readonly string[]> => storage.list()
