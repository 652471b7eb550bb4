import type { DType } from '../core/dtype.ts'
import { gradients } from '../core/grad.ts'
import { whileLocked } from '../core/lock.ts'
import { mismatch } from '../core/mismatch.ts'
import type { Tensor } from '../core/tensor.ts'
import type { Variable } from '../core/variable.ts'
import { div, mul } from '../ops/arithmetic.ts'
import { type Averages, type Averaging, averages } from './average.ts'
import { blocksOf, joinable, slopesOf, type UpdateBlock } from './block.ts'
import { type Clipping, clipped, clippingFactor } from './clip.ts'
import type { EvaluationWeights } from './evaluation.ts'
import type { GroupedSettings } from './group.ts'
import { globalNorm } from './norm.ts'
import { optionsOf, type Rule, type Update, type WeightOptions } from './rule.ts'
import { rateAt, Scalars } from './scalars.ts'
import { type Member, memberOf, namedState, ownEvaluation, sharedState } from './state.ts'
import { updateOf } from './update.ts'

/** An optimizer attached to one model: holds optimizer state, such as momentum buffers, for the model's weights. */
export interface Attached {
  /** Variables of the optimizer state, by names such as `momentum_buffer.fc1.weight`. */
  readonly state: ReadonlyMap<string, Variable>
  /** Weights that the optimizer updates; while `at` runs, only those that learn at its step. */
  readonly trained: readonly Variable[]
  /** Steps at which weights begin or stop to learn (`from`, `until` in a parameter group), ascending, without 0. */
  readonly borders: readonly number[]
  /** Weights that evaluation uses instead of `trained`, such as averages. @default none */
  readonly evaluation?: EvaluationWeights
  /** Maps the state name of each trained weight to all its options, with defaults and parameter groups applied. */
  readonly options: ReadonlyMap<string, Readonly<Record<string, unknown>>>
  /** Returns the learning rate at a step, counted from 0, for weights that are in no parameter group. */
  lr(step: number): number
  /**
   * Runs `body`, which traces a step, while the weights are locked that do not learn at step number `step`, by the
   * options `trainable`, `from` and `until` of parameter groups. From one of `borders` to the next, the graph is the same.
   */
  at<T>(step: number, body: () => T): T
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
  readonly borders: readonly number[]
  readonly options: ReadonlyMap<string, Readonly<Record<string, unknown>>>
  readonly evaluation?: EvaluationWeights
  readonly #configuration: Configuration
  /** Weights that learn at some step. */
  readonly #members: readonly Member[]
  /** Weights that parameter groups lock. */
  readonly #locked: readonly Variable[]
  readonly #weights: ReadonlyMap<string, Variable>
  /** Whether a body of `at` is running. */
  #isAtStep = false
  readonly #shared: ReadonlyMap<string, Variable>
  readonly #averages: Averages | undefined
  readonly #factor: () => number

  /** @param factor returns the factor by which controllers such as `reduceOnPlateau` currently scale all rates */
  constructor(configuration: Configuration, weights: ReadonlyMap<string, Variable>, factor: () => number) {
    const { rule, settings, average } = configuration
    const unlocked = [...weights].filter(([, w]) => w.trainable)
    const learns = ([name, w]: readonly [string, Variable]): boolean =>
      settings.of(name, w).trainable !== false
    const members = unlocked.filter(learns).map(([name, w]) => memberOf(rule, settings, name, w))
    this.#configuration = configuration
    this.#members = members
    this.#weights = weights
    this.#locked = unlocked.filter((one) => !learns(one)).map(([, w]) => w)
    this.#shared = sharedState(rule, settings.common, members)
    const borders = new Set(members.flatMap(({ options: { from = 0, until = 0 } }) => [from, until]))
    this.borders = [...borders].filter((step) => step > 0).sort((a, b) => a - b)
    const locked = new Set(this.#locked)
    this.#averages = average && averages(average, new Map([...weights].filter(([, w]) => !locked.has(w))))
    this.#factor = factor
    this.options = new Map(members.map(({ name, options }) => [name, options]))
    this.state = new Map([...members.flatMap(namedState), ...this.#shared, ...(this.#averages?.state ?? [])])
    const evaluation = this.#averages?.evaluation ?? ownEvaluation(rule, members)
    if (evaluation) this.evaluation = evaluation
  }

  get trained(): readonly Variable[] {
    return this.#learning().map(({ w }) => w)
  }

  at<T>(step: number, body: () => T): T {
    const learnsAt = ({ options: { from = 0, until } }: Member): boolean =>
      from <= step && (until === undefined || step < until)
    const waiting = this.#members.flatMap((one) => (learnsAt(one) ? [] : [one.w]))
    const outer = this.#isAtStep
    this.#isAtStep = true
    try {
      return whileLocked([...this.#locked, ...waiting], body)
    } finally {
      this.#isAtStep = outer
    }
  }

  lr(step: number): number {
    return rateAt(this.#configuration.settings.common, this.#factor, step)
  }

  minimize(loss: Tensor, measures: boolean = false): Applied {
    this.#checkLocks()
    const linear = this.#linear()
    if (this.#configuration.clip || !linear) return this.apply(this.gradients(loss))
    // The rate is the seed of the gradients, which saves multiplying each of them by the rate.
    const scalars = this.#scalars(loss.dtype)
    const { rate, host } = scalars(linear)
    // At rate 0, gradients multiplied by the rate tell nothing. The seed is 1 then, and the update is multiplied by 0.
    const seed = measures ? host('lr or 1', (step) => rate(step) || 1) : scalars(linear).lr
    const scaled = this.gradients(loss, seed)
    const blocks = measures ? this.#blocks() : blocksOf(this.#learning())
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
    const blocks = this.#blocks()
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

  /** Returns the weights that learn in the step being traced. */
  #learning(): readonly Member[] {
    return this.#members.filter(({ w }) => w.trainable)
  }

  /** @throws {ArgumentError} when a step is traced in which the wrong weights are locked. */
  #checkLocks(): void {
    const { type } = this.#configuration.rule
    const isOutside = !this.#isAtStep && this.#locked.length + this.borders.length > 0
    const inside = 'a step traced inside optimizer.at(step, body), since groups lock weights'
    if (isOutside) throw mismatch(type, inside, undefined, 'write optimizer.at(0, () => …)')
    const known = new Set([...this.#locked, ...this.#members.map(({ w }) => w)])
    const stranger = [...this.#weights].find(([, w]) => w.trainable && !known.has(w))
    if (stranger === undefined) return
    const wanted = 'weights that were unlocked when the optimizer was attached'
    throw mismatch(type, wanted, stranger[0], 'unlock it before, and lock it after making the task')
  }

  /** Returns the options of all weights that learn, if they are the same and the rule uses gradients only as lr · gradient. */
  #linear(): WeightOptions | undefined {
    const [options, ...others] = new Set(this.#learning().map((one) => one.options))
    const isLinear = options && others.length === 0 && this.#configuration.rule.linear?.(options)
    return isLinear ? options : undefined
  }

  /** Returns the weights that learn; small ones with the same options are joined, if that changes no update. */
  #blocks(): readonly UpdateBlock[] {
    const { clip } = this.#configuration
    return blocksOf(this.#learning(), clip && 'adaptive' in clip ? undefined : this.#largest())
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
