import { ArgumentError } from '../core/errors.ts'
import { mismatch, showValue, unknownName } from '../core/mismatch.ts'
import { number, type Option, readOptions, required } from '../core/options.ts'
import type { Tensor } from '../core/tensor.ts'
import type { FieldSpec, Names } from '../data/dataset.ts'
import { add, mul } from '../ops/arithmetic.ts'
import { reshape } from '../ops/broadcast.ts'
import type { Loss } from '../ops/loss.ts'
import type { Metric, Metrics } from './metrics/metric.ts'

/** The loss of one output, and its weight in the total, which is 1 if only the loss is given. */
export type OutputLoss = Loss | { readonly loss: Loss; readonly weight?: number }

/** A loss for each output of a model, by the output's name. */
export type Losses = Readonly<Record<string, OutputLoss>>

/** Metrics by name or, for a model of several outputs, metrics of each output by the output's name. */
export type GivenMetrics = Readonly<Record<string, Metric | Metrics>>

const isFunction = (value: unknown): value is Loss => typeof value === 'function'

const goalOptions = {
  loss: required({
    wanted: 'a function of output and target, such as ops.crossEntropy',
    read(who: string, name: string, value: unknown): Loss {
      if (isFunction(value)) return value
      throw mismatch(who, `${name} as ${this.wanted}`, value)
    },
  } as Option<Loss>),
  /** Weight of the loss in the total. @default 1 */
  weight: number({ min: 0 }, 1),
}

/** The option `loss`: a function, or an object with a loss for each output. */
export const lossOption: Option<Loss | Losses> = {
  wanted: 'a function of output and target, such as ops.crossEntropy, or an object of those by output',
  read(who, name, value) {
    if (isFunction(value)) return value
    const isRecord = Object(value) === value && !Array.isArray(value)
    if (!isRecord || Object.keys(value as object).length === 0) {
      throw mismatch(who, `${name} as a function of output and target, such as ops.crossEntropy`, value)
    }
    const each = Object.entries(value as Losses).map(([output, goal]): [string, OutputLoss] => [
      output,
      isFunction(goal) ? goal : readOptions(`${who}: ${name}: ${output}`, goalOptions, goal),
    ])
    return Object.fromEntries(each)
  },
}

/** A loss of one output with its weight, applied to a batch. */
export interface AppliedGoal {
  readonly name: string
  readonly weight: number
  readonly lossOf: Loss
  readonly loss: Tensor
  readonly output: Tensor
  readonly y: Tensor
  /** Number and names of the output's classes. */
  readonly names: Names
}

const applied = new WeakMap<Tensor, readonly AppliedGoal[]>()

/** Returns the weighted sum of the losses of several outputs, of which `goalsIn` returns the losses. */
export function weightedTotal(goals: readonly AppliedGoal[]): Tensor {
  const total = goals.map(weighted).reduce(add)
  applied.set(total, goals)
  return total
}

const weighted = ({ loss, weight }: AppliedGoal): Tensor => {
  const single = reshape(loss, [])
  return weight === 1 ? single : mul(single, weight)
}

/** Returns the losses of several outputs of which `loss` is the weighted sum; undefined for any other loss. */
export const goalsIn = (loss: Tensor): readonly AppliedGoal[] | undefined => applied.get(loss)

/** Returns the names of what is measured of each output besides metrics, and whether more or less is better. */
export const outputResults = ({ tensors = {} }: FieldSpec): Readonly<Record<string, 'max' | 'min'>> =>
  Object.fromEntries(
    Object.entries(tensors).flatMap(([name, { classes }]): [string, 'max' | 'min'][] => [
      [`${name}.loss`, 'min'],
      ...(classes === undefined ? [] : [[`${name}.accuracy`, 'max'] as [string, 'max']]),
    ]),
  )

/** Returns the metrics of one output, by their names without that of the output. */
export const metricsUnder = (metrics: Metrics, output: string): Metrics =>
  Object.fromEntries(
    Object.entries(metrics).flatMap(([name, metric]) =>
      name.startsWith(`${output}.`) ? [[name.slice(output.length + 1), metric]] : [],
    ),
  )

/** @throws {ArgumentError} when a metric is of no output of the data, or has the name of another result. */
export function checkMetrics(who: string, metrics: Metrics, y: FieldSpec): void {
  const { tensors } = y
  const outputs = Object.keys(tensors ?? {})
  const measured = outputResults(y)
  for (const name of Object.keys(metrics)) {
    if (Object.hasOwn(measured, name))
      throw mismatch(who, 'names of metrics that no other result has', name, 'rename the metric')
    const [output] = name.split('.')
    if (tensors === undefined || outputs.some((one) => name.startsWith(`${one}.`))) continue
    const wanted = 'metrics of an output, '
    throw name.includes('.')
      ? unknownName(who, outputs, output!, wanted)
      : new ArgumentError(
          `${who}: wanted metrics by output, such as { ${outputs[0]}: { ${name}: … } }, got ${name}`,
        )
  }
}

/** Describes a value that should be the losses of several outputs. */
export const noLosses = (who: string, outputs: readonly string[], got: unknown): ArgumentError =>
  new ArgumentError(
    `${who}: wanted a loss for each output, { ${outputs.map((name) => `${name}: …`).join(', ')} }, got ${showValue(got)}; ` +
      'let the model return a cost of several outputs as an output of its own, with targets of 0',
  )

/** Explains why a metric without a goal cannot be monitored: its result is a list, or only the goal is missing. */
export function noGoal(name: string, { result, initial }: Metric): string {
  const fix = `give ${name} a goal, 'max' or 'min'`
  try {
    return typeof result(initial) === 'number' ? fix : `${name} is not one number`
  } catch {
    return `${fix}, if its result is one number` // its result is defined for no examples
  }
}
