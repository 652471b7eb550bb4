import type { DType } from '../core/dtype.ts'
import { gradients } from '../core/grad.ts'
import { setName } from '../core/names.ts'
import { scalar, type Tensor } from '../core/tensor.ts'
import { filled, hyperparameter, Variable } from '../core/variable.ts'
import { mul } from '../ops/arithmetic.ts'
import { type Average, type Averages, averages } from './average.ts'
import { type Clip, clipped } from './clip.ts'
import type { EvaluationWeights } from './evaluation.ts'
import type { GroupedOptions } from './group.ts'
import { type Hyperparameter, hyperparameterAt } from './hyperparameter.ts'
import { globalNorm } from './norm.ts'
import type { First, Rule, SharedOptions, Update } from './rule.ts'

/** An optimizer at work on the weights of one model. */
export interface Attached {
  /** Its own variables by name, such as momentum buffers. */
  readonly state: ReadonlyMap<string, Variable>
  /** The weights that it changes. */
  readonly trained: readonly Variable[]
  /** What evaluation has to read instead of the training weights, where these differ. */
  readonly evaluation?: EvaluationWeights
  /** What each trained weight is changed by, by state name: the options of the rule, defaults and groups included. */
  readonly options: ReadonlyMap<string, Readonly<Record<string, unknown>>>
  /** The learning rate of a step, of the weights that are in no group. */
  lr(step: number): number
  /** While a step is traced: assign every weight its next value. */
  minimize(loss: Tensor): void
  /** While a step is traced: the gradient of each trained weight. */
  gradients(loss: Tensor): readonly Tensor[]
  /** While a step is traced: assign every weight its next value by these gradients. `minimize` in two halves. */
  apply(gradients: readonly Tensor[]): Applied
}

/** What can be asked of gradients that were applied. What nobody asks costs nothing. */
export interface Applied {
  /** √Σg² over all gradients, before clipping. */
  readonly gradientNorm: Tensor
}

/** What happens around the rule. */
interface Around {
  readonly clip?: Clip
  readonly average?: Average
}

/** A trained weight with its options and its own variables. */
interface Member<Own> {
  readonly name: string
  readonly w: Variable
  readonly options: Own & SharedOptions
  readonly buffers: ReadonlyMap<string, Variable>
}

/** A rule at work on weights. */
export const attach = <Own extends object>(
  rule: Rule<Own>,
  settings: GroupedOptions<Own & SharedOptions>,
  weights: ReadonlyMap<string, Variable>,
  factor: () => number,
  around: Around,
): Attached => new AtWork(rule, settings, weights, factor, around)

class AtWork<Own extends object> implements Attached {
  readonly state: ReadonlyMap<string, Variable>
  readonly trained: readonly Variable[]
  readonly options: ReadonlyMap<string, Readonly<Record<string, unknown>>>
  readonly evaluation?: EvaluationWeights
  readonly #rule: Rule<Own>
  readonly #common: Own & SharedOptions
  readonly #members: readonly Member<Own>[]
  readonly #averages: Averages | undefined
  readonly #clip: Clip | undefined
  readonly #factor: () => number

  constructor(
    rule: Rule<Own>,
    settings: GroupedOptions<Own & SharedOptions>,
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
    this.options = new Map(
      members.map(({ name, options }) => [name, options as Readonly<Record<string, unknown>>]),
    )
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
    return gradients(
      loss,
      this.trained.map(({ value }) => value),
      seed,
    )
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

  /** The options of all weights, where all have the same. */
  #onlyOptions(): (Own & SharedOptions) | undefined {
    const used = new Set(this.#members.map(({ options }) => options))
    return used.size === 1 ? [...used][0] : undefined
  }

  /** The numbers of the step of each group. */
  #scalars(dtype: DType): (options: Own & SharedOptions) => Scalars<Own> {
    return cached((options) => new Scalars(options, this.#factor, dtype))
  }

  /** Give every weight its next value, all of them by the values before. */
  #assign(
    scalars: (options: Own & SharedOptions) => Scalars<Own>,
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

/** What the update of a weight may use. Rates that it does not ask for are not fed. */
const updateOf = <Own extends object>(
  { options, w, buffers }: Member<Own>,
  scalars: Scalars<Own>,
  g: Tensor,
  lrG: Tensor | undefined,
): Update<Own> => ({
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
const named = <Own>({ name, buffers }: Member<Own>): readonly (readonly [string, Variable])[] =>
  [...buffers].map(([key, variable]) => [`${key}.${name}`, variable] as const)

function member<Own>(
  rule: Rule<Own>,
  settings: GroupedOptions<Own & SharedOptions>,
  name: string,
  w: Variable,
): Member<Own> {
  const options = settings.of(name, w)
  const buffers = Object.entries(rule.buffers?.(options) ?? {})
  return {
    name,
    w,
    options,
    buffers: new Map(buffers.map(([key, first]) => [key, beside(w, `${key}.${name}`, first)])),
  }
}

/** A variable of a weight's shape, with numbers. */
function beside(weight: Variable, name: string, first: First): Variable {
  const start = first === 'weight' ? () => weight.data as ArrayLike<number> : filled(first)
  const variable = new Variable(weight.shape, start, { trainable: false, dtype: weight.dtype })
  setName(variable, name)
  variable.initialize(0)
  return variable
}

/** The evaluation weights of a rule that has its own. */
function ownEvaluation<Own>(
  { evaluation }: Rule<Own>,
  members: readonly Member<Own>[],
): EvaluationWeights | undefined {
  if (evaluation === undefined) return undefined
  return {
    variables: new Map(members.map(({ w, buffers }) => [w, buffers.get(evaluation)!])),
    batchNorm: 'recalibrate',
  }
}

const rateAt = ({ lr, lrScale = 1 }: SharedOptions, factor: () => number, step: number): number =>
  hyperparameterAt(lr, step) * factor() * lrScale

/** The numbers of the step of one group, each made once. */
class Scalars<Own extends object>
  implements Pick<Update<Own>, 'rate' | 'value' | 'lr' | 'hyper' | 'rest' | 'host'>
{
  readonly #options: Own & SharedOptions
  readonly #factor: () => number
  readonly #dtype: DType
  readonly #fed: (name: string, value: (step: number) => number) => Tensor

  constructor(options: Own & SharedOptions, factor: () => number, dtype: DType) {
    this.#options = options
    this.#factor = factor
    this.#dtype = dtype
    const made = new Map<string, Tensor>()
    this.#fed = (name, value) => {
      const tensor = made.get(name) ?? hyperparameter(value, this.#dtype)
      made.set(name, tensor)
      return tensor
    }
  }

  get lr(): Tensor {
    return this.host('lr', this.rate)
  }

  readonly rate = (step: number): number => rateAt(this.#options, this.#factor, step)

  readonly value = (name: keyof Own & string, step: number): number => {
    const value = hyperparameterAt(this.#options[name] as Hyperparameter, step)
    const { lr, peakLr = 1 } = this.#options
    return this.#follows(name) ? (value * hyperparameterAt(lr, step) * this.#factor()) / peakLr : value
  }

  readonly hyper = (name: keyof Own & string): Tensor => this.#option(name, '', (value) => value)

  readonly rest = (name: keyof Own & string): Tensor => this.#option(name, '1 − ', (value) => 1 - value)

  readonly host = (name: string, value: (step: number) => number): Tensor => this.#fed(`host ${name}`, value)

  #option(name: keyof Own & string, prefix: string, f: (value: number) => number): Tensor {
    const value = this.#options[name] as Hyperparameter
    return typeof value === 'number' && !this.#follows(name)
      ? scalar(f(value), this.#dtype)
      : this.#fed(prefix + name, (step) => f(this.value(name, step)))
  }

  /** Whether an option goes up and down with the rate. */
  #follows(name: string): boolean {
    return name === 'weightDecay' && this.#options.peakLr !== undefined
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
