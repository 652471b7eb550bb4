import type { Data } from '../core/dtype.ts'
import { gradients } from '../core/grad.ts'
import { boolean, type OptionsOf } from '../core/options.ts'
import { scalar, type Tensor } from '../core/tensor.ts'
import { hyperparameter, type Variable, variables } from '../core/variable.ts'
import { type Call, observe } from '../nn/observe.ts'
import { add, div, mul, sqrt, sub } from '../ops/arithmetic.ts'
import { batchNorm as channelStatistics } from '../ops/batch-norm.ts'
import { sum } from '../ops/broadcast.ts'
import { maximum } from '../ops/extremum.ts'
import { mean } from '../ops/statistics.ts'
import type { Steps } from './steps.ts'

/** What to log of each step, besides its loss and rate. */
export const logOptions = {
  /**
   * Logs `gradientNorm`, the root of the sum of squares of the loss's gradient by every weight, before the
   * optimizer changes it. Costs a second backward pass. @default false
   */
  gradientNorm: boolean(),
  /**
   * Logs each layer with running statistics, by its path: the means over its channels of the batch's mean and
   * biased variance, `bn.batchMean` and `bn.batchVar`; of the running statistics after the step,
   * `bn.runningMean` and `bn.runningVar`; of γ before it, `bn.weight`; and `bn.effectiveRate` and `bn.angle`.
   *
   *     effectiveRate = lr / ‖w‖²        angle = 2 · asin(½ · ‖w₊/‖w₊‖ − w/‖w‖‖)        in radians
   *
   * where w is the nearest weight before the layer, and w₊ the same after the step: its scale does not change
   * the output of the layer, so a step of lr turns it as far as one of lr/‖w‖² turns a weight of norm 1, and
   * the angle is all of the step that the layer notices. Source: van Laarhoven 2017,
   * https://arxiv.org/abs/1706.05350; Wan et al. 2020, https://arxiv.org/abs/2006.08419. @default false
   */
  batchNorm: boolean(),
  /** Logs `samplesPerSecond`, the speed of the call that the step was part of. @default false */
  samplesPerSecond: boolean(),
}

export interface LogOptions extends OptionsOf<typeof logOptions> {}

/**
 * Runs a training step while it is traced, and returns its results: the loss, and what `log` asks for, by name.
 * With nothing to log, the graph is that of the step alone.
 *
 * @param forward computes the loss
 * @param minimize assigns the weights
 */
export function watched(
  model: object,
  { gradientNorm, batchNorm }: LogOptions,
  lr: (step: number) => number,
  forward: () => Tensor,
  minimize: (loss: Tensor) => void,
): Record<'loss', Tensor> {
  const calls = new Map<string, Omit<Layer, 'fed'>>()
  const onCall = ({ name: path, module, inputs: [x] }: Call): void => {
    if (isNormalizer(module)) calls.set(path, { path, module, x: x as Tensor })
  }
  const loss = batchNorm ? observe(model, onCall, forward) : forward()
  const norm = gradientNorm && { gradientNorm: normOfGradient(model, loss) }
  const rate = batchNorm && hyperparameter(lr, loss.dtype, 'optimizer.lr')
  const layers = [...calls.values()].map((call): Layer => ({ ...call, fed: feeding(call.x, model) }))
  const before = layers.map((layer) => layerStatistics(layer, rate as Tensor))
  minimize(loss)
  return Object.assign({ loss }, norm, ...before, ...layers.map(layerAngle))
}

/** A call of a layer with running statistics, and the weight that feeds it. */
interface Layer {
  readonly path: string
  readonly module: Normalizer
  readonly x: Tensor
  readonly fed: Fed | undefined
}

function normOfGradient(model: object, loss: Tensor): Tensor {
  const weights = [...variables(model).values()].filter(({ trainable }) => trainable)
  // Of 2·loss, so that no node is shared with the optimizer's gradients: a shared node would not be folded into
  // an update, and watching must not change a bit. Halving is exact.
  const slopes = gradients(
    loss,
    weights.map((w) => w.value),
    scalar(2, loss.dtype),
  )
  return mul(sqrt(slopes.map(squaredNorm).reduce((a, b) => add(a, b))), 0.5)
}

/** Returns what is logged of a layer before the weights are assigned. */
function layerStatistics({ path, module, x, fed }: Layer, lr: Tensor): Record<string, Tensor> {
  const { mean: batchMean, variance: batchVar } = channelStatistics(x, undefined, undefined, 1)
  const found = {
    batchMean: mean(batchMean),
    batchVar: mean(batchVar),
    runningMean: meanOf(module.runningMean),
    runningVar: meanOf(module.runningVar),
    weight: meanOf(module.weight),
    effectiveRate: fed && div(lr, squaredNorm(fed.value)),
  }
  const logs = Object.entries(found).flatMap(([name, t]) => (t ? [[layerLog(path, name), t] as const] : []))
  return Object.fromEntries(logs)
}

/** Returns the angle by which the step turned the weight of a layer, as half of its chord. */
const layerAngle = ({ path, fed }: Layer): Record<string, Tensor> =>
  fed ? { [layerLog(path, angle)]: halfChord(fed.value, fed.variable.value) } : {}

const angle = 'angle'

/**
 * Returns the results of a watched graph as they are logged: not every backend has an arcsine for the angles.
 */
export const withAngles = (logs: Readonly<Record<string, Data>>): Required<Steps>['logs'] =>
  Object.fromEntries(
    Object.entries(logs).map(([name, data]) => [
      name,
      layerOf(name, angle) === undefined
        ? (data as Float32Array)
        : Float64Array.from(data as Float32Array, (half) => 2 * Math.asin(Math.min(1, half))),
    ]),
  )

/** Returns the name under which a quantity of the layer at `path` is logged. */
export const layerLog = (path: string, quantity: string): string => (path ? `${path}.${quantity}` : quantity)

/** Returns the path of the layer whose `quantity` is logged under `name`; undefined for any other name. */
export function layerOf(name: string, quantity: string): string | undefined {
  if (name === quantity) return ''
  return name.endsWith(`.${quantity}`) ? name.slice(0, -quantity.length - 1) : undefined
}

/**
 * ½ · ‖w₊/‖w₊‖ − w/‖w‖‖, from the difference d = w₊ − w, of which a small angle keeps its digits:
 *
 *     ‖w₊/‖w₊‖ − w/‖w‖‖² = (‖d‖² − (‖w₊‖ − ‖w‖)²) / (‖w‖ · ‖w₊‖)        ‖w₊‖ − ‖w‖ = ⟨w₊ + w, d⟩ / (‖w₊‖ + ‖w‖)
 */
function halfChord(w: Tensor, next: Tensor): Tensor {
  const d = sub(next, w)
  const [before, after] = [sqrt(squaredNorm(w)), sqrt(squaredNorm(next))]
  const longer = div(sum(mul(add(next, w), d)), add(before, after))
  const across = maximum(sub(squaredNorm(d), mul(longer, longer)), 0)
  return mul(sqrt(div(across, mul(before, after))), 0.5)
}

/** A layer with running statistics, of any rank. */
interface Normalizer {
  readonly runningMean: Variable | undefined
  readonly runningVar: Variable | undefined
  readonly weight?: Variable | undefined
}

const isNormalizer = (object: object): object is Normalizer =>
  'runningMean' in object && 'runningVar' in object

const meanOf = (variable: Variable | undefined): Tensor | undefined => variable && mean(variable.value)

const squaredNorm = (x: Tensor): Tensor => sum(mul(x, x))

/** A weight that feeds a layer, with its value before the step. */
interface Fed {
  readonly variable: Variable
  readonly value: Tensor
}

/** Finds the weight of two or more axes that is fewest operators before `x`. */
function feeding(x: Tensor, model: object): Fed | undefined {
  const weights = new Map([...variables(model).values()].filter(isMatrix).map((w) => [w.value, w]))
  const reached = new Set([x])
  for (const value of reached) {
    const variable = weights.get(value)
    if (variable) return { variable, value }
    for (const input of value.inputs) reached.add(input)
  }
  return undefined
}

const isMatrix = ({ trainable, shape }: Variable): boolean => trainable && shape.length >= 2
