import { boundedAt, finiteAt } from '../core/bounds.ts'
import type { DType } from '../core/dtype.ts'
import { nameOf } from '../core/names.ts'
import type { Declared, Hyperparameter } from '../core/options.ts'
import { scalar, type Tensor } from '../core/tensor.ts'
import { hyperparameter, hyperparameterAt } from '../core/variable.ts'
import type { Update, WeightOptions } from './rule.ts'

/** Returns a weight's learning rate at a step. @param factor returns the factor by which controllers scale rates */
export const rateAt = ({ lr, lrScale }: WeightOptions, factor: () => number, step: number): number =>
  hyperparameterAt(lr, step) * factor() * lrScale

/**
 * Scalars (inputs or constants) in the graph of a step, shared by all weights with the same options. An update rule
 * counts steps from the one at which the weight began to learn (`from`); schedules count all steps.
 */
export class Scalars implements Pick<Update, 'rate' | 'value' | 'lr' | 'hyper' | 'rest' | 'host'> {
  readonly #options: WeightOptions
  readonly #declared: Declared
  readonly #factor: () => number
  readonly #dtype: DType
  readonly #fed = new Map<string, Tensor>()

  /** @param declared declarations of the options, whose bounds also apply to the value of a schedule at every step */
  constructor(options: WeightOptions, declared: Declared, factor: () => number, dtype: DType) {
    this.#options = options
    this.#declared = declared
    this.#factor = factor
    this.#dtype = dtype
  }

  get lr(): Tensor {
    return this.host('lr', this.rate)
  }

  readonly rate = (own: number): number => {
    const step = own + this.#from
    return this.#checked('lr', rateAt(this.#options, this.#factor, step), step)
  }

  readonly value = (name: string, own: number): number => {
    const step = own + this.#from
    const value = this.#checked(name, hyperparameterAt(this.#option(name), step), step)
    const { lr, peakLr = 1 } = this.#options
    return this.#follows(name) ? (value * hyperparameterAt(lr, step) * this.#factor()) / peakLr : value
  }

  readonly hyper = (name: string): Tensor => this.#optionBy(name, name, (value) => value)

  readonly rest = (name: string): Tensor => this.#optionBy(name, `1 − ${name}`, (value) => 1 - value)

  readonly host = (name: string, value: (step: number) => number): Tensor =>
    this.#feed(`host ${name}`, name, value)

  #optionBy(name: string, key: string, f: (value: number) => number): Tensor {
    const value = this.#option(name)
    return typeof value === 'number' && !this.#follows(name)
      ? scalar(f(value), this.#dtype)
      : this.#feed(key, name, (step) => f(this.value(name, step)))
  }

  #feed(key: string, name: string, value: (step: number) => number): Tensor {
    const from = this.#from
    const tensor =
      this.#fed.get(key) ?? hyperparameter((step) => value(step - from), this.#dtype, this.#called(name))
    this.#fed.set(key, tensor)
    return tensor
  }

  get #from(): number {
    return this.#options.from ?? 0
  }

  #option(name: string): Hyperparameter {
    return this.#options[name] as Hyperparameter
  }

  /** Returns the name of an option in error messages, such as `optimizer.groups.0.lr`. */
  #called(name: string): string {
    return `${nameOf(this.#options)}.${name}`
  }

  #checked(name: string, value: number, step: number): number {
    const { bounds = {} } = this.#declared[name] ?? {}
    return boundedAt(this.#called(name), finiteAt(this.#called(name), value, step), step, bounds)
  }

  /** Whether an option's value is multiplied by lr / peakLr at each step: weight decay, if `peakLr` is set. */
  #follows(name: string): boolean {
    return name === 'weightDecay' && this.#options.peakLr !== undefined
  }
}
