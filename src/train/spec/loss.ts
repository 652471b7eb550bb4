import { choice, custom, type Declared, readOptions } from '../../core/options.ts'
import { constant, type Tensor } from '../../core/tensor.ts'
import { classWeights } from '../../data/balance.ts'
import type { Dataset } from '../../data/dataset.ts'
import type { Source } from '../../data/stream.ts'
import * as ops from '../../ops/index.ts'
import { labelOptions } from '../../ops/label.ts'
import { crossEntropyOptions } from '../../ops/loss.ts'
import { hingeOptions, multiMarginOptions } from '../../ops/margin-loss.ts'
import { binaryOptions, klDivOptions } from '../../ops/probability-loss.ts'
import { huberOptions, smoothL1Options } from '../../ops/regression-loss.ts'
import { typed } from './named.ts'

interface NamedLoss {
  readonly apply: (output: Tensor, target: Tensor, options?: never) => Tensor
  readonly options: Declared
}

const numbersJson = { type: 'array', items: { type: 'number', minimum: 0 }, minItems: 1 }
const isWeight = (value: unknown): boolean => Number.isFinite(value) && (value as number) >= 0
const isWeights = (value: unknown): boolean =>
  Array.isArray(value) && value.length > 0 && value.every(isWeight)

/** Options of all losses. There is no reduction 'none', since a training loss is one number. */
const reduction = { reduction: choice(['mean', 'sum'], 'mean') }

const ofClasses = {
  ...reduction,
  /** Weight of each class in the loss; `balanced` compensates for unequal class sizes in the training data. */
  weight: custom<'balanced' | readonly number[], undefined>(
    "'balanced' or a list of numbers ≥ 0",
    (value) => value === 'balanced' || isWeights(value),
    undefined,
    { anyOf: [{ type: 'string', const: 'balanced' }, numbersJson] },
  ),
}

const weights = custom<readonly number[], undefined>(
  'a list of numbers ≥ 0',
  isWeights,
  undefined,
  numbersJson,
)

/** Every loss of `ops` that compares an output with a target, by name, with its options as JSON can express them. */
export const losses: Readonly<Record<string, NamedLoss>> = {
  crossEntropy: { apply: ops.crossEntropy, options: { ...crossEntropyOptions, ...ofClasses } },
  mseLoss: { apply: ops.mseLoss, options: reduction },
  l1Loss: { apply: ops.l1Loss, options: reduction },
  huberLoss: { apply: ops.huberLoss, options: { ...huberOptions, ...reduction } },
  smoothL1Loss: { apply: ops.smoothL1Loss, options: { ...smoothL1Options, ...reduction } },
  binaryCrossEntropyWithLogits: {
    apply: ops.binaryCrossEntropyWithLogits,
    options: { ...binaryOptions, ...reduction, weight: weights, posWeight: weights },
  },
  nllLoss: { apply: ops.nllLoss, options: { ...labelOptions, ...ofClasses } },
  multiMarginLoss: { apply: ops.multiMarginLoss, options: { ...multiMarginOptions, ...ofClasses } },
  klDiv: {
    apply: ops.klDiv,
    options: { ...klDivOptions, reduction: choice(['mean', 'sum', 'batchmean'], 'mean') },
  },
  hingeEmbeddingLoss: { apply: ops.hingeEmbeddingLoss, options: { ...hingeOptions, ...reduction } },
}

/**
 * Returns the loss described by JSON: its name, or an object of `type` and the loss's options. The `weight`
 * `balanced` is `data.classWeights` of the training data; `weight` and `posWeight` are lists of numbers.
 *
 * @throws {ArgumentError} naming the first option that is unknown or wrong.
 */
export function parseLoss(spec: unknown, train: Source): ops.Loss {
  const { type, made, options } = typed('loss', losses, spec)
  const { apply, options: declared } = made
  readOptions('experiment: loss', declared, options)
  if (Object.keys(options).length === 0) return apply
  const balanced = options.weight === 'balanced' && { weight: classWeights(train as Dataset) }
  const given = { ...options, ...balanced }
  const isElementwise = declared.weight === weights
  const loss: ops.Loss = (output, target) =>
    apply(output, target, (isElementwise ? withTensors(given, output) : given) as never)
  return Object.defineProperty(loss, 'name', { value: `${type} ${JSON.stringify(options)}` })
}

/** Returns options in which lists of numbers are tensors of the output's element type. */
const withTensors = (options: Readonly<Record<string, unknown>>, { dtype }: Tensor): object =>
  Object.fromEntries(
    Object.entries(options).map(([name, value]) => [
      name,
      Array.isArray(value) ? constant(value, [value.length], dtype) : value,
    ]),
  )
