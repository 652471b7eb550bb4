import { data, nn, ops, optim, schedule, train } from 'evenstep'
import { type LayerPlan, layersOf, optimizerOf } from './plan.ts'
import type { Net, Setting } from './setting.ts'

/** What the lab's worker makes an experiment of. */
export interface NetSetting extends Omit<Setting, 'nets'> {
  readonly net: Net
}

/** Logged at each step, beside loss and rate. */
export const log = { gradientNorm: true, batchNorm: true } as const

/** Returns the experiment of a net on a split. */
export function experimentOf(
  { net, data: name, ...shared }: NetSetting,
  split: data.Split,
): train.Experiment {
  return train.experiment({
    data: split,
    model: () => modelOf(net, name),
    loss: ops.crossEntropy,
    optimizer: optimizer(net, shared),
    ...shared,
    threads: 1,
    log,
  })
}

/** Returns a net without weights. */
export const modelOf = (net: Net, name: string): nn.Sequential =>
  new nn.Sequential(...layersOf(net, name).map(layerOf))

type Make = new (...args: readonly unknown[]) => nn.Module

function layerOf({ type, args, scale = 1 }: LayerPlan): nn.Module {
  const layer = new (nn[type] as unknown as Make)(...args)
  if (layer instanceof nn.Linear && scale !== 1) {
    const { initializer } = layer.weight
    layer.weight.initializer = (random, shape) => Array.from(initializer(random, shape), (w) => scale * w)
  }
  return layer
}

function optimizer(net: Net, setting: Pick<Setting, 'steps'>): optim.Optimizer {
  const { lr, weightDecay, groups, ...rest } = optimizerOf(net, setting)
  return optim.sgd({
    ...rest,
    lr: schedule.parse(lr),
    weightDecay: numberOr(weightDecay),
    groups: groups.map((group) =>
      Object.fromEntries(
        Object.entries(group).map(([name, value]) => [name, name === 'match' ? value : numberOr(value)]),
      ),
    ),
  })
}

/** Returns a number unchanged, and the schedule that a text stands for. */
const numberOr = (value: number | string): number | schedule.Schedule =>
  typeof value === 'number' ? value : schedule.parse(value)

/** Parts of a data set's file, and the names of their arrays. */
export const arrays = {
  train: { x: 'train_x', y: 'train_y' },
  validation: { x: 'validation_x', y: 'validation_y' },
} as const

/** Returns the split in the bytes of a data set's file, normalized by its training part. */
export function splitIn(file: Uint8Array, name: string): data.Split {
  const { train, validation } = arrays
  return data.normalize({
    train: data.parseNpzExamples(file, name, train),
    validation: data.parseNpzExamples(file, name, validation),
  })
}
