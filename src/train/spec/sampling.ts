import { mismatch } from '../../core/mismatch.ts'
import * as data from '../../data/index.ts'
import { typed } from './named.ts'

const transforms: Readonly<Record<string, (options: never) => data.Transform>> = {
  cutout: data.cutout,
  horizontalFlip: data.horizontalFlip,
  mixup: data.mixup,
  randomCrop: data.randomCrop,
}

/** Returns the transforms described by a list of names, or of objects of `type` and options. */
export function parseTransforms(list: unknown): readonly data.Transform[] {
  if (!Array.isArray(list)) throw mismatch('experiment', 'transform as a list of transforms', list)
  return list.map((spec) => {
    const { made, options } = typed('transform', transforms, spec)
    return made(options as never)
  })
}

const samplers = { weightedSampler: data.weightedSampler }

/**
 * Returns the sampler described by an object of `type`, `weights` and options. The weights `balanced` are
 * `data.exampleWeights` of the training data.
 */
export function parseSampler(spec: unknown, train: data.Source): data.Sampler {
  const { made, options } = typed('sampler', samplers, spec)
  const { weights, ...rest } = options
  const isNumbers = Array.isArray(weights)
  if (weights !== 'balanced' && !isNumbers) {
    throw mismatch('experiment', "sampler: weights as 'balanced' or a list of numbers", weights)
  }
  return made(isNumbers ? weights : data.exampleWeights(train as data.Dataset), rest)
}
