import { unreachable, unreachedLayer } from './calls.ts'
import { type Data, type DType, holds, isFloat, toData } from './dtype.ts'
import { ArgumentError } from './errors.ts'
import { checkMemory } from './memory.ts'
import { mismatch } from './mismatch.ts'
import { hasName, nameBeside, nameOf } from './names.ts'
import { boolean, choice, type Hyperparameter, type OptionsOf, readOptions } from './options.ts'
import { type Random, random } from './random.ts'
import type { IndexRange } from './range.ts'
import { duringRun, stepsOfRun } from './run.ts'
import { type Shape, sameShape, showShape, showTensor, sizeOf } from './shape.ts'
import { input, scalar, type Tensor } from './tensor.ts'

/** Returns the initial values of a variable, one per element in row-major order, drawn from `random`. */
export type Initializer = (random: Random, shape: Shape) => ArrayLike<number>

/** Returns an initializer that sets every element to `value`. */
export const filled =
  (value: number): Initializer =>
  (_, shape) =>
    new Float64Array(sizeOf(shape)).fill(value)

const options = {
  /** Whether the variable is a weight; false for running statistics and optimizer state. @default true */
  trainable: boolean(true),
  /** Whether a step that would store NaN or ±Infinity here fails and changes no variable. @default false */
  finite: boolean(false),
  /** Type of the elements. @default 'float32' */
  dtype: choice(['float32', 'float64', 'int32', 'int64', 'bool'], 'float32'),
}

/**
 * A mutable tensor that persists between steps: a weight, a running statistic, a momentum buffer or a counter.
 *
 * A step is traced by running it once on lazy tensors, to build its graph. Meanwhile, reading `value` adds an
 * input to the graph, and `assign` adds an output, whose value the next step reads.
 */
export class Variable {
  readonly shape: Shape
  /** Whether the variable is a weight (PyTorch's parameter), not a running statistic or a counter (its buffer). */
  readonly isWeight: boolean
  /** Whether a step that would store NaN or ±Infinity in this variable fails. */
  readonly finite: boolean
  /** Function by which `initialize` draws the initial values; may be replaced before `initialize` is called. */
  initializer: Initializer
  #trainable: boolean
  #dtype: DType
  #data: Data | undefined
  /** Layer that reads the variable although no field of the model leads to it; undefined if there is none. */
  #unreached: (() => string) | undefined

  /** @throws {ArgumentError} when the shape has 2³¹ elements or more. */
  constructor(shape: Shape, initializer: Initializer = filled(0), given: OptionsOf<typeof options> = {}) {
    const { trainable, finite, dtype } = readOptions('Variable', options, given)
    this.shape = shape
    this.isWeight = trainable
    this.#trainable = trainable
    this.finite = finite
    this.initializer = initializer
    this.#dtype = dtype
  }

  /** Whether optimizers update the variable, like PyTorch's `requires_grad`; read when a step is traced. */
  get trainable(): boolean {
    return this.#trainable
  }

  /** @throws {ArgumentError} when a variable that is no weight, such as a running statistic, would become trainable. */
  set trainable(value: boolean) {
    const wanted = this.isWeight ? 'trainable as true or false' : 'trainable to stay false: it is no weight'
    const fits = typeof value === 'boolean' && (this.isWeight || !value)
    if (!fits) throw mismatch(nameOf(this) || 'variable', wanted, value)
    this.#trainable = value
  }

  get dtype(): DType {
    return this.#dtype
  }

  /** Whether the variable has values: they were initialized or set. */
  get initialized(): boolean {
    return this.#data !== undefined
  }

  /** Current values in row-major order. @throws {ArgumentError} before the model is initialized. */
  get data(): Data {
    if (this.#data) return this.#data
    if (this.#unreached !== undefined) throw unreachable(this.#unreached())
    throw new ArgumentError(
      `${nameOf(this) || 'variable'}: wanted initialized numbers, got none; call nn.initialize(model, seed) first`,
    )
  }

  /** Sets the values. @throws {ArgumentError} when the array's type or length does not match the variable. */
  set data(data: Data) {
    if (!holds(this.#dtype, data) || data.length !== sizeOf(this.shape)) {
      throw new ArgumentError(
        `${nameOf(this) || 'variable'}: wanted ${sizeOf(this.shape)} numbers of ${this.#dtype}, ` +
          `got ${data?.length} in ${data?.constructor.name}`,
      )
    }
    this.#data = data
  }

  /** Lazy tensor of the variable's value at this point of the step whose graph is being built. */
  get value(): Tensor {
    if (!this.#data && !hasName(this)) this.#unreached ??= unreachedLayer(this)
    return active('Variable.value').read(this)
  }

  /** Sets the value that later reads in this trace see and that later steps start from. @returns `next` */
  assign(next: Tensor): Tensor {
    if (!sameShape(next.shape, this.shape) || next.dtype !== this.#dtype) {
      throw new ArgumentError(
        `${nameOf(this) || 'variable'}: wanted ${showTensor(this)}, got ${showTensor(next)}`,
      )
    }
    active('Variable.assign').writes.set(this, next)
    return next
  }

  /** Sets the initial values, drawn from a random stream that depends on the seed and the variable's name. */
  initialize(seed: number): void {
    if (typeof this.initializer !== 'function') {
      const wanted = 'initializer as a function, such as nn.init.zeros'
      throw mismatch(nameOf(this) || 'variable', wanted, this.initializer)
    }
    const bytes = sizeOf(this.shape) * (this.#dtype === 'float64' || this.#dtype === 'int64' ? 8 : 4)
    checkMemory(nameOf(this) || 'variable', `numbers of shape ${showShape(this.shape)}`, bytes)
    const values: unknown = this.initializer(random(seed, nameOf(this)), this.shape)
    if (typeof values === 'function') {
      const wanted = 'numbers from its initializer'
      const fix = 'call what makes the initializer: nn.init.uniform()'
      throw mismatch(nameOf(this) || 'variable', wanted, values, fix)
    }
    this.data = toData(this.#dtype, values as ArrayLike<number>)
  }

  /** Converts the values of a float variable to `dtype`. Leaves integer and bool variables unchanged. */
  toDType(dtype: 'float32' | 'float64'): void {
    if (!isFloat(this.#dtype)) return
    this.#dtype = dtype
    if (this.#data) this.#data = toData(dtype, this.#data)
  }
}

/** A number computed outside the graph and passed in at each step, such as a scheduled learning rate. */
export interface Scheduled {
  /** Name of the number in messages, such as `optimizer.lr`. */
  readonly name: string
  /** Name of the number in the graph's hash, which must stay the same when the wording of messages changes. */
  readonly hashedAs: string
  readonly value: (step: number) => number
}

/** The variables and scheduled numbers that were used while a step's graph was built. */
export interface Trace {
  /** Graph input that holds a variable's value at the start of the step, for each variable that was read. */
  readonly reads: ReadonlyMap<Variable, Tensor>
  /** Lazy tensor of a variable's value at the end of the step, for each variable that was assigned. */
  readonly writes: ReadonlyMap<Variable, Tensor>
  /** Scalar graph inputs whose values are computed outside the graph and passed in at each step. */
  readonly scheduled: ReadonlyMap<Tensor, Scheduled>
  /** Permitted ranges of integers in the step, checked when the step runs. */
  readonly ranges: readonly IndexRange[]
}

class Recorder implements Trace {
  readonly reads = new Map<Variable, Tensor>()
  readonly writes = new Map<Variable, Tensor>()
  readonly scheduled = new Map<Tensor, Scheduled>()
  readonly ranges: IndexRange[] = []
  readonly calls = new Map<object, number>()

  read(variable: Variable): Tensor {
    const known = this.writes.get(variable) ?? this.reads.get(variable)
    if (known) return known
    const read = input(variable.shape, variable.dtype)
    this.reads.set(variable, read)
    return read
  }
}

let recorder: Recorder | undefined

function active(who: string): Recorder {
  if (recorder) return recorder
  throw new ArgumentError(`${who}: wanted a step being traced, got none; use it inside compile() or trace()`)
}

/** Builds a graph: runs `body` once on lazy tensors and records which variables `body` reads and assigns. */
export function trace<T>(body: () => T): Trace & { readonly result: T } {
  const outer = recorder
  const own = new Recorder()
  recorder = own
  try {
    return Object.assign(own, { result: body() })
  } finally {
    recorder = outer
  }
}

/** Adds a range to check each time the step being traced runs. Does nothing while no step is traced. */
export const recordRange = (range: IndexRange): void => void recorder?.ranges.push(range)

/** Checks that the evaluation being traced assigns to no variable. @throws {ArgumentError} naming the layer */
export function checkAssignsNothing(): void {
  const [variable] = active('evaluation').writes.keys()
  if (variable === undefined) return
  const name = nameOf(variable)
  const who = nameBeside(variable, '').slice(0, -1) || name || 'model'
  const got = `got an evaluation that changes ${name || 'a variable'}; call each layer with the mode that forward gets`
  throw new ArgumentError(`${who}: wanted mode passed on to every layer, ${got}`)
}

/** Returns the index of this call of `layer` in the step whose graph is being built: 0 for the first call. */
export function callOf(layer: object): number {
  const { calls } = active('callOf')
  const call = calls.get(layer) ?? 0
  calls.set(layer, call + 1)
  return call
}

/** Returns the value of a number or schedule at a step, counted from 0. */
export const hyperparameterAt = (value: Hyperparameter, step: number): number =>
  typeof value === 'number' ? value : value(step)

/**
 * Returns a hyperparameter as a tensor of the graph being built. A number becomes a constant of the graph. A
 * function of the step becomes an input, whose value is computed in float64 outside the graph and passed in at
 * each step, so that another function needs no new compilation.
 *
 * @param name name of the hyperparameter in messages
 * @param hashedAs name of the hyperparameter in the graph's hash
 */
export function hyperparameter(value: number, dtype?: DType): Tensor
export function hyperparameter(value: Hyperparameter, dtype: DType, name: string, hashedAs?: string): Tensor
export function hyperparameter(
  value: Hyperparameter,
  dtype: DType = 'float32',
  name: string = '',
  hashedAs: string = 'hyperparameter',
): Tensor {
  if (typeof value === 'number') return scalar(value, dtype)
  const fed = input([], dtype)
  const steps = stepsOfRun()
  const scheduled = steps === undefined ? value : (step: number) => duringRun(steps, () => value(step))
  active('hyperparameter').scheduled.set(fed, { name, hashedAs, value: scheduled })
  return fed
}
