import type { DType } from '../core/dtype.ts'
import { gradients } from '../core/grad.ts'
import type { Tensor } from '../core/tensor.ts'
import type { Variable } from '../core/variable.ts'
import { div, mul } from '../ops/arithmetic.ts'
import { type Averages, type Averaging, averages, stateOf } from './average.ts'
import { blocksOf, joinable, type Member, slopesOf, type UpdateBlock } from './block.ts'
import { type Clipping, clipped, clippingFactor } from './clip.ts'
import type { EvaluationWeights } from './evaluation.ts'
import type { GroupedSettings } from './group.ts'
import { globalNorm } from './norm.ts'
import { optionsOf, type Rule, type Update, type WeightOptions } from './rule.ts'
import { rateAt, Scalars } from './scalars.ts'

/** An optimizer attached to one model: holds optimizer state, such as momentum buffers, for the model's weights. */
export interface Attached {
  /** Variables of the optimizer state, by names such as `momentum_buffer.fc1.weight`. */
  readonly state: ReadonlyMap<string, Variable>
  /** Weights that the optimizer updates. */
  readonly trained: readonly Variable[]
  /** Weights that evaluation uses instead of `trained`, such as averages. @default none */
  readonly evaluation?: EvaluationWeights
  /** Maps the state name of each trained weight to all its options, with defaults and parameter groups applied. */
  readonly options: ReadonlyMap<string, Readonly<Record<string, unknown>>>
  /** Returns the learning rate at a step, counted from 0, for weights that are in no parameter group. */
  lr(step: number): number
  /**
   * Adds the gradients of `loss` and the update of every weight to the graph of the step being built.
   *
   * @param measures whether the returned measurements are read, which may take more operators
   */
  minimize(loss: Tensor, measures?: boolean): Applied
  /** Adds the gradients of `loss` to the graph of the step being built: one for each weight in `trained`. */
  gradients(loss: Tensor): readonly Tensor[]
  /** Adds the update of every weight to the graph being built. @param gradients one per weight in `trained` */
  apply(gradients: readonly Tensor[]): Applied
}

/** Measurements of the gradients: tensors in the graph, computed only if they are used. */
export interface Applied {
  /** Euclidean norm of all gradients concatenated, before clipping. */
  readonly gradientNorm: Tensor
}

/** An update rule, such as SGD's, with values for all its options. */
interface Configuration {
  readonly rule: Rule
  readonly settings: GroupedSettings
  readonly clip: Clipping | undefined
  readonly average: Averaging | undefined
}

type ScalarsOf = (options: WeightOptions) => Scalars

/** An optimizer attached to one model: an update rule, together with its state for the model's weights. */
export class AttachedRule implements Attached {
  readonly state: ReadonlyMap<string, Variable>
  readonly trained: readonly Variable[]
  readonly options: ReadonlyMap<string, Readonly<Record<string, unknown>>>
  readonly evaluation?: EvaluationWeights
  readonly #configuration: Configuration
  readonly #members: readonly Member[]
  /** The members; small ones with the same options are joined, if that changes no update. */
  readonly #blocks: readonly UpdateBlock[]
  readonly #shared: ReadonlyMap<string, Variable>
  readonly #averages: Averages | undefined
  readonly #factor: () => number

  /** @param factor returns the factor by which controllers such as `reduceOnPlateau` currently scale all rates */
  constructor(configuration: Configuration, weights: ReadonlyMap<string, Variable>, factor: () => number) {
    const { rule, settings, clip, average } = configuration
    const members = [...weights]
      .filter(([, w]) => w.trainable)
      .map(([name, w]) => member(rule, settings, name, w))
    this.#configuration = configuration
    this.#members = members
    this.#blocks = blocksOf(members, clip && 'adaptive' in clip ? undefined : this.#largest())
    this.#shared = sharedState(rule, settings.common, members)
    this.#averages = average && averages(average, weights)
    this.#factor = factor
    this.trained = members.map(({ w }) => w)
    this.options = new Map(members.map(({ name, options }) => [name, options]))
    this.state = new Map([...members.flatMap(named), ...this.#shared, ...(this.#averages?.state ?? [])])
    const evaluation = this.#averages?.evaluation ?? ownEvaluation(rule, members)
    if (evaluation) this.evaluation = evaluation
  }

  lr(step: number): number {
    return rateAt(this.#configuration.settings.common, this.#factor, step)
  }

  minimize(loss: Tensor, measures: boolean = false): Applied {
    const linear = this.#linear()
    if (this.#configuration.clip || !linear) return this.apply(this.gradients(loss))
    // The rate is the seed of the gradients, which saves multiplying each of them by the rate.
    const scalars = this.#scalars(loss.dtype)
    const { rate, host } = scalars(linear)
    // At rate 0, gradients multiplied by the rate tell nothing. The seed is 1 then, and the update is multiplied by 0.
    const seed = measures ? host('lr or 1', (step) => rate(step) || 1) : scalars(linear).lr
    const scaled = this.gradients(loss, seed)
    const blocks = measures ? this.#blocks : blocksOf(this.#members)
    const slopes = slopesOf(blocks, scaled)
    const moves = measures && host('lr ≠ 0', (step) => Number(rate(step) !== 0))
    const steps = moves ? slopes.map((g) => mul(g, moves)) : slopes
    this.#assign(scalars, blocks, steps, steps)
    return {
      get gradientNorm() {
        return div(globalNorm(slopes), seed)
      },
    }
  }

  gradients(loss: Tensor, seed?: Tensor): readonly Tensor[] {
    const weights = this.trained.map(({ value }) => value)
    return gradients(loss, weights, seed)
  }

  apply(all: readonly Tensor[]): Applied {
    const scalars = this.#scalars(all[0]?.dtype ?? 'float32')
    const { clip, settings } = this.#configuration
    const blocks = this.#blocks
    const slopes = slopesOf(blocks, all)
    const { host } = scalars(settings.common)
    const linear = this.#linear()
    if (clip && 'norm' in clip && linear) {
      const factor = mul(clippingFactor(clip, slopes, host), scalars(linear).lr)
      const scaled = slopes.map((g) => mul(g, factor))
      this.#assign(scalars, blocks, scaled, scaled)
    } else {
      this.#assign(scalars, blocks, clip ? clipped(clip, slopes, blocks, host) : slopes)
    }
    return {
      get gradientNorm() {
        return globalNorm(slopes)
      },
    }
  }

  /** Returns the options of all weights, if they are the same and the rule uses gradients only as lr · gradient. */
  #linear(): WeightOptions | undefined {
    const [options, ...others] = new Set(this.#members.map((one) => one.options))
    const isLinear = options && others.length === 0 && this.#configuration.rule.linear?.(options)
    return isLinear ? options : undefined
  }

  /** Returns the number of elements of the largest matrices to join with others; undefined if not even vectors may be. */
  #largest(): number | undefined {
    const { elementwise } = this.#configuration.rule
    if (elementwise !== 'vectors') return elementwise ? joinable.long : undefined
    return this.#linear() ? joinable.short : 0
  }

  /** Returns a function from a weight's options to the graph's scalars, which all weights with these options share. */
  #scalars(dtype: DType): ScalarsOf {
    const made = new Map<WeightOptions, Scalars>()
    return (options) => {
      const scalars =
        made.get(options) ?? new Scalars(options, optionsOf(this.#configuration.rule), this.#factor, dtype)
      made.set(options, scalars)
      return scalars
    }
  }

  /** Computes all new weights from the blocks' gradients, then assigns them. @param scaled products lr · gradient */
  #assign(
    scalars: ScalarsOf,
    blocks: readonly UpdateBlock[],
    slopes: readonly Tensor[],
    scaled?: readonly Tensor[],
  ): void {
    const { rule } = this.#configuration
    const updates: Update[] = []
    const next = blocks.map((one, i) => {
      const update = updateOf(one, scalars(one.options), slopes[i]!, this.#shared, scaled?.[i])
      updates.push(update)
      return rule.update(update)
    })
    rule.conclude?.(updates)
    for (const [i, { w }] of blocks.entries()) w.assign(next[i]!)
    this.#averages?.update()
  }
}

/** Returns everything that a weight's update rule may read. Only scalars that are read become graph inputs. */
const updateOf = (
  { options, w, buffers }: UpdateBlock,
  scalars: Scalars,
  g: Tensor,
  shared: ReadonlyMap<string, Variable>,
  lrG?: Tensor,
): Update => ({
  options,
  w: w.value,
  g,
  get lr() {
    return scalars.lr
  },
  get lrG() {
    return lrG ?? mul(g, scalars.lr)
  },
  rate: scalars.rate,
  value: scalars.value,
  hyper: scalars.hyper,
  rest: scalars.rest,
  host: scalars.host,
  buffer: (name) => buffers.get(name)!,
  shared: (name) => shared.get(name)!,
})

/** Returns the variables of a weight's optimizer state, each with its name. */
const named = ({ name, buffers }: Member): readonly (readonly [string, Variable])[] =>
  [...buffers].map(([key, variable]) => [`${key}.${name}`, variable] as const)

function member(rule: Rule, settings: GroupedSettings, name: string, w: Variable): Member {
  const options = settings.of(name, w)
  const buffers = Object.entries(rule.buffers?.(options, w.shape) ?? {})
  return {
    name,
    w,
    options,
    buffers: new Map(buffers.map(([key, first]) => [key, stateOf(w, `${key}.${name}`, first)])),
  }
}

/** Creates the scalars that all weights share, in the weights' precision. */
function sharedState(
  rule: Rule,
  options: WeightOptions,
  members: readonly Member[],
): ReadonlyMap<string, Variable> {
  const scalar = { shape: [], dtype: members[0]?.w.dtype ?? 'float32', data: new Float32Array(1) }
  const shared = Object.entries(rule.shared?.(options) ?? {})
  return new Map(shared.map(([name, first]) => [name, stateOf(scalar, name, first)]))
}

/** Returns the evaluation weights that the update rule itself keeps (as Schedule-Free does); undefined if none. */
function ownEvaluation({ evaluation }: Rule, members: readonly Member[]): EvaluationWeights | undefined {
  if (evaluation === undefined) return undefined
  return {
    variables: new Map(members.map(({ w, buffers }) => [w, buffers.get(evaluation)!])),
    batchNorm: 'recalibrate',
  }
}
