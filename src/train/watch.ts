import type { Data } from '../core/dtype.ts'
import { gradients } from '../core/grad.ts'
import { scalar, type Tensor } from '../core/tensor.ts'
import { hyperparameter, type Variable, variables, walk } from '../core/variable.ts'
import { type Call, observe } from '../nn/observe.ts'
import { add, div, mul, sqrt, sub } from '../ops/arithmetic.ts'
import { batchNorm } from '../ops/batch-norm.ts'
import { sum } from '../ops/broadcast.ts'
import { maximum } from '../ops/extremum.ts'
import { mean } from '../ops/statistics.ts'

/** What to log of each step, besides its loss and rate. */
export interface LogOptions {
  /**
   * `gradientNorm`: the root of the sum of squares of the loss's gradient by every weight, as it is before the optimizer
   * does anything to it. Costs a second backward pass.
   */
  readonly gradientNorm?: boolean
  /**
   * Of each layer with running statistics, by its path: the means over its channels of the batch's mean and biased
   * variance, `bn.batchMean` and `bn.batchVar`; of the running statistics after the step, `bn.runningMean` and
   * `bn.runningVar`; of γ before it, `bn.weight`; and `bn.effectiveRate` and `bn.angle`.
   *
   *     effectiveRate = lr / ‖w‖²        angle = 2 · asin(½ · ‖w₊/‖w₊‖ − w/‖w‖‖)        in radians
   *
   * where w is the nearest weight before the layer, and w₊ the same after the step: its scale does not change what the
   * layer gives, so a step of lr turns it as far as one of lr/‖w‖² turns a weight of norm 1, and the angle is all of
   * the step that the layer notices. Source: van Laarhoven 2017, https://arxiv.org/abs/1706.05350; Wan et al. 2020,
   * https://arxiv.org/abs/2006.08419.
   */
  readonly batchNorm?: boolean
  /** `samplesPerSecond`: how fast the call was that the step was part of. */
  readonly samplesPerSecond?: boolean
}

/**
 * Looks into a training step while it is traced. What is asked for becomes results of the graph beside the loss;
 * without options nothing is added, and the graph is what it would be.
 */
export class Watch {
  readonly #model: object
  readonly #log: LogOptions
  /** What each layer with running statistics was given, by path. */
  readonly #inputs = new Map<string, Tensor>()
  /** The weight that feeds each of them, as it is before the step, by path. */
  readonly #feeding = new Map<string, readonly [variable: Variable, before: Tensor]>()

  constructor(model: object, log: LogOptions = {}) {
    this.#model = model
    this.#log = log
  }

  /** Run the model's forward pass. */
  forward(body: () => Tensor): Tensor {
    if (!this.#log.batchNorm) return body()
    const paths = new Set([...normalizers(this.#model)].map(([path]) => path))
    const seen = ({ name, inputs: [x] }: Call): void => {
      if (paths.has(name)) this.#inputs.set(name, x as Tensor)
    }
    return observe(this.#model, seen, body)
  }

  /** The tensors to log, by name: after the forward pass, and before the optimizer assigns the weights. */
  results(loss: Tensor, lr: (step: number) => number): Record<string, Tensor> {
    return {
      ...(this.#log.gradientNorm && { gradientNorm: this.#gradientNorm(loss) }),
      ...(this.#log.batchNorm && this.#layers(hyperparameter(lr, loss.dtype, 'optimizer.lr'))),
    }
  }

  /** The tensors to log besides, by name: after the optimizer has assigned the weights. */
  turned(): Record<string, Tensor> {
    return Object.fromEntries(
      [...this.#feeding].map(([path, [variable, before]]) => [
        member(path, angle),
        halfChord(before, variable.value),
      ]),
    )
  }

  #gradientNorm(loss: Tensor): Tensor {
    const weights = [...variables(this.#model).values()].filter(({ trainable }) => trainable)
    // Of 2·loss, which shares no node with the optimizer's gradients: those are folded into updates only where nothing
    // else needs them, and watching must not change a bit. Halving is exact.
    const slopes = gradients(
      loss,
      weights.map((w) => w.value),
      scalar(2, loss.dtype),
    )
    return mul(sqrt(slopes.map(squaredNorm).reduce((a, b) => add(a, b))), 0.5)
  }

  #layers(lr: Tensor): Record<string, Tensor> {
    const layers = new Map(normalizers(this.#model))
    return Object.assign(
      {},
      ...[...this.#inputs].map(([path, x]) => this.#layer(path, layers.get(path)!, x, lr)),
    )
  }

  #layer(path: string, layer: Normalizer, x: Tensor, lr: Tensor): Record<string, Tensor> {
    const { mean: batchMean, variance: batchVar } = batchNorm(x, undefined, undefined, 1)
    const fed = feeding(x, this.#model)
    if (fed) this.#feeding.set(path, fed)
    const w = fed?.[1]
    const found = {
      batchMean: mean(batchMean),
      batchVar: mean(batchVar),
      runningMean: meanOf(layer.runningMean),
      runningVar: meanOf(layer.runningVar),
      weight: meanOf(layer.weight),
      effectiveRate: w && div(lr, squaredNorm(w)),
    }
    return Object.fromEntries(
      Object.entries(found).flatMap(([name, t]) => (t ? [[member(path, name), t]] : [])),
    )
  }
}

const member = (path: string, name: string): string => (path ? `${path}.${name}` : name)

const angle = 'angle'

/** Logs as a graph gives them, with each half chord made its angle: not every backend has an arcsine. */
export const withAngles = (logs: Readonly<Record<string, Data>>): Readonly<Record<string, Data>> =>
  Object.fromEntries(
    Object.entries(logs).map(([name, data]) => [
      name,
      name.split('.').at(-1) === angle
        ? Float64Array.from(data as Float32Array, (half) => 2 * Math.asin(Math.min(1, half)))
        : data,
    ]),
  )

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

/** A layer with running statistics, of whatever rank. */
interface Normalizer {
  readonly runningMean: Variable | undefined
  readonly runningVar: Variable | undefined
  readonly weight?: Variable | undefined
}

function* normalizers(model: object): Generator<readonly [path: string, layer: Normalizer]> {
  for (const [path, object] of walk(model)) if (isNormalizer(object)) yield [path, object]
}

const isNormalizer = (object: object): object is Normalizer =>
  'runningMean' in object && 'runningVar' in object && 'forward' in object

const meanOf = (variable: Variable | undefined): Tensor | undefined => variable && mean(variable.value)

const squaredNorm = (x: Tensor): Tensor => sum(mul(x, x))

/** The weight of two or more axes that is fewest operators before `x`, with its value there. */
function feeding(x: Tensor, model: object): readonly [variable: Variable, value: Tensor] | undefined {
  const weights = new Map([...variables(model).values()].filter(isMatrix).map((w) => [w.value, w]))
  const reached = new Set([x])
  for (const t of reached) {
    const found = weights.get(t)
    if (found) return [found, t]
    for (const input of t.inputs) reached.add(input)
  }
  return undefined
}

const isMatrix = ({ trainable, shape }: Variable): boolean => trainable && shape.length >= 2
