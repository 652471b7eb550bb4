import type { Tensor } from '../core/tensor.ts'
import type { Variable } from '../core/variable.ts'
import type { Hyperparameter } from './hyperparameter.ts'
import { above, type Options, rate } from './options.ts'

/** Options that every optimizer has, and each group of its weights. */
export interface SharedOptions {
  /** The learning rate, ≥ 0. */
  readonly lr: Hyperparameter
  /** Multiplies `lr`, ≥ 0: a group's rate beside the others'; 1. */
  readonly lrScale?: number
  /**
   * The rate, > 0, at which `weightDecay` is meant. Where it is given, the decay follows the rate:
   * λₜ = weightDecay · lrₜ / peakLr.
   *
   * Source: Defazio 2025, https://arxiv.org/abs/2506.02285, section 3.
   */
  readonly peakLr?: number
}

/** What an update of one weight may use. */
export interface Update<Own> {
  readonly options: Own & SharedOptions
  readonly w: Tensor
  /** dL/dw, clipped. */
  readonly g: Tensor
  readonly lr: Tensor
  /** lr · dL/dw: free of charge in a rule that is `linear`. */
  readonly lrG: Tensor
  /** The learning rate of a step, on the host. */
  rate(step: number): number
  /** An option at a step, on the host. */
  value(name: keyof Own & string, step: number): number
  /** An option at this step. */
  hyper(name: keyof Own & string): Tensor
  /** One minus an option at this step, subtracted in float64. */
  rest(name: keyof Own & string): Tensor
  /** A number of the step, counted from 0, computed on the host in float64: fed once for all weights of a group. */
  host(name: string, value: (step: number) => number): Tensor
  /** The weight's own variable of this name. */
  buffer(name: string): Variable
}

/** What a weight's own variable holds at first: a number everywhere, or what the weight holds when it is attached. */
export type First = number | 'weight'

/** One way to change a weight. */
export interface Rule<Own> {
  readonly type: string
  /** Its options besides the common ones. */
  readonly options: Options
  readonly defaults: Readonly<Record<string, unknown>>
  /** What options say only together. @throws {ArgumentError} */
  readonly check?: (options: Own & SharedOptions) => void
  /** The variables of one weight, with what they hold at first. */
  readonly buffers?: (options: Own & SharedOptions) => Readonly<Record<string, First>>
  /** The variable of a weight that evaluation reads instead, where there is one. */
  readonly evaluation?: string
  /** Whether the update uses the gradient as `lrG` alone. */
  readonly linear?: (options: Own & SharedOptions) => boolean
  /** The weight's next value; assigns the buffers theirs. */
  readonly update: (at: Update<Own>) => Tensor
}

/** The table of a rule's options with the common ones. */
export const tableOf = ({ options }: Pick<Rule<never>, 'options'>): Options => ({
  lr: rate,
  ...options,
  lrScale: { ...rate, wanted: 'a number ≥ 0', ok: (value) => typeof value === 'number' && rate.ok(value) },
  peakLr: above,
})
