import type { DType } from '../core/dtype.ts'
import { gradients } from '../core/grad.ts'
import { setName } from '../core/names.ts'
import type { Tensor } from '../core/tensor.ts'
import { filled, Variable } from '../core/variable.ts'
import { mul } from '../ops/arithmetic.ts'
import { type Averages, type Averaging, averages } from './average.ts'
import { type Clipping, clipped } from './clip.ts'
import type { EvaluationWeights } from './evaluation.ts'
import type { GroupedSettings } from './group.ts'
import { globalNorm } from './norm.ts'
import type { First, Rule, Update, WeightOptions } from './rule.ts'
import { rateAt, Scalars } from './scalars.ts'

/** An optimizer at work on the weights of one model. */
export interface Attached {
  /** The optimizer's own variables by name, such as momentum buffers. */
  readonly state: ReadonlyMap<string, Variable>
  /** The weights that it updates. */
  readonly trained: readonly Variable[]
  /** Variables that evaluation reads instead of the training weights, where these differ. */
  readonly evaluation?: EvaluationWeights
  /** Options of each trained weight by state name, defaults and groups included. */
  readonly options: ReadonlyMap<string, Readonly<Record<string, unknown>>>
  /** Learning rate of a step, for weights in no group. */
  lr(step: number): number
  /** While a step is traced: assigns every weight its next value. */
  minimize(loss: Tensor): void
  /** While a step is traced: the gradient of each trained weight. */
  gradients(loss: Tensor): readonly Tensor[]
  /**
   * While a step is traced: assigns every weight its next value by these gradients. `minimize` in two halves.
   */
  apply(gradients: readonly Tensor[]): Applied
}

/** Measurements of gradients that were applied. Those that are not read cost nothing. */
export interface Applied {
  /** √Σg² over all gradients, before clipping. */
  readonly gradientNorm: Tensor
}

/** What surrounds the rule. */
interface Around {
  readonly clip: Clipping | undefined
  readonly average: Averaging | undefined
}

/** A trained weight with its options and its own variables. */
interface Member {
  readonly name: string
  readonly w: Variable
  readonly options: WeightOptions
  readonly buffers: ReadonlyMap<string, Variable>
}

/** Sets a rule to work on weights. */
export const attach = (
  rule: Rule,
  settings: GroupedSettings,
  weights: ReadonlyMap<string, Variable>,
  factor: () => number,
  around: Around,
): Attached => new AtWork(rule, settings, weights, factor, around)

class AtWork implements Attached {
  readonly state: ReadonlyMap<string, Variable>
  readonly trained: readonly Variable[]
  readonly options: ReadonlyMap<string, Readonly<Record<string, unknown>>>
  readonly evaluation?: EvaluationWeights
  readonly #rule: Rule
  readonly #common: WeightOptions
  readonly #members: readonly Member[]
  readonly #averages: Averages | undefined
  readonly #clip: Clipping | undefined
  readonly #factor: () => number

  constructor(
    rule: Rule,
    settings: GroupedSettings,
    weights: ReadonlyMap<string, Variable>,
    factor: () => number,
    { clip, average }: Around,
  ) {
    const members = [...weights]
      .filter(([, w]) => w.trainable)
      .map(([name, w]) => member(rule, settings, name, w))
    this.#rule = rule
    this.#common = settings.common
    this.#members = members
    this.#averages = average && averages(average, weights)
    this.#clip = clip
    this.#factor = factor
    this.trained = members.map(({ w }) => w)
    this.options = new Map(members.map(({ name, options }) => [name, options]))
    this.state = new Map([...members.flatMap(named), ...(this.#averages?.state ?? [])])
    const evaluation = this.#averages?.evaluation ?? ownEvaluation(rule, members)
    if (evaluation) this.evaluation = evaluation
  }

  lr(step: number): number {
    return rateAt(this.#common, this.#factor, step)
  }

  minimize(loss: Tensor): void {
    const only = this.#onlyOptions()
    if (this.#clip || !only || !this.#rule.linear?.(only)) {
      this.apply(this.gradients(loss))
      return
    }
    // One rate for all, and no other use of the gradient: then the rate is the gradient's seed.
    const scalars = this.#scalars(loss.dtype)
    const slopes = this.gradients(loss, scalars(only).lr)
    this.#assign(scalars, slopes, slopes)
  }

  gradients(loss: Tensor, seed?: Tensor): readonly Tensor[] {
    const weights = this.trained.map(({ value }) => value)
    return gradients(loss, weights, seed)
  }

  apply(slopes: readonly Tensor[]): Applied {
    const scalars = this.#scalars(slopes[0]?.dtype ?? 'float32')
    const clip = this.#clip
    this.#assign(scalars, clip ? clipped(clip, slopes, this.#members, scalars(this.#common).host) : slopes)
    return {
      get gradientNorm() {
        return globalNorm(slopes)
      },
    }
  }

  /** The options of all weights, if these are the same. */
  #onlyOptions(): WeightOptions | undefined {
    const used = new Set(this.#members.map(({ options }) => options))
    return used.size === 1 ? [...used][0] : undefined
  }

  /** The scalars of the step, for the options of each group. */
  #scalars(dtype: DType): (options: WeightOptions) => Scalars {
    return cached((options) => new Scalars(options, this.#factor, dtype))
  }

  /** Assigns every weight its next value, each computed from the values before. */
  #assign(
    scalars: (options: WeightOptions) => Scalars,
    slopes: readonly Tensor[],
    scaled?: readonly Tensor[],
  ): void {
    const next = this.#members.map((at, i) =>
      this.#rule.update(updateOf(at, scalars(at.options), slopes[i]!, scaled?.[i])),
    )
    for (const [i, w] of this.trained.entries()) w.assign(next[i]!)
    this.#averages?.update()
  }
}

/** What the update of a weight may use. Scalars that it does not read are not fed. */
const updateOf = (
  { options, w, buffers }: Member,
  scalars: Scalars,
  g: Tensor,
  lrG: Tensor | undefined,
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
})

/** A weight's variables by state name. */
const named = ({ name, buffers }: Member): readonly (readonly [string, Variable])[] =>
  [...buffers].map(([key, variable]) => [`${key}.${name}`, variable] as const)

function member(rule: Rule, settings: GroupedSettings, name: string, w: Variable): Member {
  const options = settings.of(name, w)
  const buffers = Object.entries(rule.buffers?.(options) ?? {})
  return {
    name,
    w,
    options,
    buffers: new Map(buffers.map(([key, first]) => [key, beside(w, `${key}.${name}`, first)])),
  }
}

/** A variable of a weight's shape, with its initial value. */
function beside(weight: Variable, name: string, first: First): Variable {
  const start = first === 'weight' ? () => weight.data as ArrayLike<number> : filled(first)
  const variable = new Variable(weight.shape, start, { trainable: false, dtype: weight.dtype })
  setName(variable, name)
  variable.initialize(0)
  return variable
}

/** The evaluation weights of a rule that keeps its own. */
function ownEvaluation({ evaluation }: Rule, members: readonly Member[]): EvaluationWeights | undefined {
  if (evaluation === undefined) return undefined
  return {
    variables: new Map(members.map(({ w, buffers }) => [w, buffers.get(evaluation)!])),
    batchNorm: 'recalibrate',
  }
}

function cached<K, V>(make: (key: K) => V): (key: K) => V {
  const made = new Map<K, V>()
  return (key) => {
    const value = made.get(key) ?? make(key)
    made.set(key, value)
    return value
  }
}
