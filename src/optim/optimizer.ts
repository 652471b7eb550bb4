import { gradients } from '../core/grad.ts'
import { mismatch } from '../core/mismatch.ts'
import { setName } from '../core/names.ts'
import { scalar, type Tensor } from '../core/tensor.ts'
import { filled, hyperparameter, Variable } from '../core/variable.ts'
import { mul } from '../ops/arithmetic.ts'
import { checkOptions, type Option } from './options.ts'

/** A hyperparameter: a number, or a function of the step such as a schedule. */
export type Hyperparameter = number | ((step: number) => number)

/** How weights are changed: a rule without state, which may be attached to any number of models. */
export interface Optimizer {
  /** What was asked for: `type` and options. Plain data, but for functions that are no schedules. */
  readonly spec: Readonly<Record<string, unknown>>
  /**
   * The rule with fresh state for these weights, by state name.
   *
   * @param factor multiplies every learning rate, and is read at each step: what a controller says; 1 unless given
   */
  attach(weights: ReadonlyMap<string, Variable>, factor?: () => number): Attached
}

/** An optimizer at work on the weights of one model. */
export interface Attached {
  /** Its own variables by name, such as momentum buffers. */
  readonly state: ReadonlyMap<string, Variable>
  /** The learning rate of a step, of the weights that are in no group. */
  lr(step: number): number
  /** While a step is traced: assign every weight its next value. */
  minimize(loss: Tensor): void
}

/** Options that every optimizer has. */
export interface CommonOptions<Own> {
  /** The learning rate, ≥ 0. */
  readonly lr: Hyperparameter
  /**
   * Other options for some of the weights: the first group whose `match`, a regular expression, is found in a
   * weight's state name. `{ match: 'bias|bn', weightDecay: 0 }` decays neither biases nor BN layers.
   */
  readonly groups?: readonly (Partial<Own> & { readonly match: string })[]
}

/** What an update of one weight may use. */
export interface Update<Options> {
  readonly options: Options
  readonly w: Tensor
  /** dL/dw. */
  readonly g: Tensor
  readonly lr: Tensor
  /** lr · dL/dw: free of charge in a rule that is `linear`. */
  readonly lrG: Tensor
  /** The value of an option at this step. */
  hyper(name: keyof Options & string): Tensor
  /** A number of the step, counted from 0, computed on the host in float64. */
  host(value: (step: number) => number): Tensor
  /** The weight's own variable of this name: zeros at first, unless told otherwise. */
  buffer(name: string): Variable
}

/** One way to change a weight. */
export interface Rule<Options> {
  readonly type: string
  readonly options: Readonly<Record<string, Option>>
  readonly defaults: Readonly<Record<string, unknown>>
  /** What options say only together. @throws {ArgumentError} */
  readonly check?: (options: Options) => void
  /** Names of the buffers of one weight. */
  readonly buffers?: (options: Options) => readonly string[]
  /** Whether the update uses the gradient as `lrG` alone. */
  readonly linear?: (options: Options) => boolean
  /** The weight's next value; assigns the buffers theirs. */
  readonly update: (at: Update<Options>) => Tensor
}

interface Group<Options> {
  readonly match: RegExp | undefined
  readonly options: Options & { readonly lr: Hyperparameter }
}

/** An optimizer from its rule. @throws {ArgumentError} naming the first option that is unknown, missing or wrong. */
export function optimizer<Options extends CommonOptions<Options>>(
  rule: Rule<Options>,
  options: Options,
): Optimizer {
  const { groups = [], ...common } = options
  const group = (match: string | undefined, own: object): Group<Options> => {
    const given = { ...common, ...own }
    checkOptions(rule.type, rule.options, given, ['lr'])
    const whole = { ...rule.defaults, ...given } as unknown as Options & { readonly lr: Hyperparameter }
    rule.check?.(whole)
    return { match: match === undefined ? undefined : new RegExp(match), options: whole }
  }
  const all = [
    ...groups.map(({ match, ...own }) => group(expression(rule.type, match), own)),
    group(undefined, {}),
  ]
  return {
    spec: { type: rule.type, ...(options as object) },
    attach: (weights, factor = () => 1) => attach(rule, all, weights, factor),
  }
}

function expression(who: string, match: unknown): string {
  try {
    if (typeof match === 'string') return new RegExp(match).source
  } catch {
    // told below
  }
  throw mismatch(who, "each group's match as a regular expression", match, "write { match: 'bias', … }")
}

function attach<Options extends CommonOptions<Options>>(
  rule: Rule<Options>,
  groups: readonly Group<Options>[],
  weights: ReadonlyMap<string, Variable>,
  factor: () => number,
): Attached {
  const rest = groups.at(-1)!
  const members = [...weights]
    .filter(([, w]) => w.trainable)
    .map(([name, w]) => {
      const group = groups.find(({ match }) => match?.test(name)) ?? rest
      const buffers = new Map(
        rule.buffers?.(group.options).map((key) => [key, bufferOf(`${key}.${name}`, w)]),
      )
      return { name, w, group, buffers }
    })
  const rateOf = ({ options }: Group<Options>, step: number): number => valueAt(options.lr, step) * factor()
  return {
    state: new Map(
      members.flatMap(({ name, buffers }) => [...buffers].map(([key, v]) => [`${key}.${name}`, v])),
    ),
    lr: (step) => rateOf(rest, step),
    minimize(loss) {
      const used = [...new Set(members.map(({ group }) => group))]
      const tensors = new Map(
        used.map((group) => [group, tensorsOf(group.options, (step) => rateOf(group, step), loss)]),
      )
      // One rate for all, and no other use of the gradient: then the rate is the gradient's seed.
      const seeded = used.length === 1 && rule.linear?.(used[0]!.options) === true
      const seed = seeded ? tensors.get(used[0]!)!.lr : undefined
      const values = members.map(({ w }) => w.value)
      const slopes = gradients(loss, values, seed)
      const next = members.map(({ group, buffers }, i) => {
        const common = tensors.get(group)!
        return rule.update({
          ...common,
          options: group.options,
          w: values[i]!,
          g: slopes[i]!,
          lrG: seeded ? slopes[i]! : mul(slopes[i]!, common.lr),
          buffer: (name) => buffers.get(name)!,
        })
      })
      for (const [i, { w }] of members.entries()) w.assign(next[i]!)
    },
  }
}

/** The scalars of one group, each made once. */
function tensorsOf<Options>(
  options: Options,
  rate: (step: number) => number,
  { dtype }: Tensor,
): Pick<Update<Options>, 'lr' | 'hyper' | 'host'> {
  const made = new Map<unknown, Tensor>()
  const once = (key: unknown, make: () => Tensor): Tensor => {
    const tensor = made.get(key) ?? make()
    made.set(key, tensor)
    return tensor
  }
  const host = (value: (step: number) => number): Tensor => hyperparameter(value, dtype)
  return {
    lr: host(rate),
    host,
    hyper: (name) =>
      once(name, () => {
        const value = options[name] as Hyperparameter
        return typeof value === 'number' ? scalar(value, dtype) : host(value)
      }),
  }
}

/** A variable of zeros beside a weight. */
function bufferOf(name: string, weight: Variable): Variable {
  const buffer = new Variable(weight.shape, filled(0), { trainable: false, dtype: weight.dtype })
  setName(buffer, name)
  buffer.initialize(0)
  return buffer
}

/** A hyperparameter's value at a step. */
export const valueAt = (value: Hyperparameter, step: number): number =>
  typeof value === 'number' ? value : value(step)
