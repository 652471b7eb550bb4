import { type Data, type DType, holds, isFloat, toData } from './dtype.ts'
import { ArgumentError } from './errors.ts'
import { nameOf, setName } from './names.ts'
import type { Hyperparameter } from './options.ts'
import { boolean, choice, type OptionsOf, readOptions } from './options.ts'
import { type Random, random } from './random.ts'
import { type Shape, sameShape, showShape, sizeOf } from './shape.ts'
import { input, scalar, type Tensor } from './tensor.ts'

/** Draws the initial numbers of a variable: one for each element, row by row. */
export type Initializer = (random: Random, shape: Shape) => ArrayLike<number>

/** Every element the same number. */
export const filled =
  (value: number): Initializer =>
  (_, shape) =>
    new Float64Array(sizeOf(shape)).fill(value)

const options = {
  /** Whether optimizers change it. @default true */
  trainable: boolean(true),
  /** Whether a run that would store NaN or an infinity in it fails instead, changing nothing. @default false */
  finite: boolean(false),
  /** Element type. @default 'float32' */
  dtype: choice(['float32', 'float64', 'int32', 'int64', 'bool'], 'float32'),
}

/**
 * The only mutable thing: numbers that outlive a step.
 *
 * Weights, running statistics, momenta and counters are all variables. While a step is traced, reading `value`
 * makes an input of its graph, and `assign` makes an output, which the next step reads.
 */
export class Variable {
  readonly shape: Shape
  /** Whether optimizers change it. Running statistics and optimizer state are not trainable. */
  readonly trainable: boolean
  /** Whether a run that would store a NaN or an infinity in it fails and changes nothing. */
  readonly finite: boolean
  /** Draws the numbers in `initialize`; may be replaced before that. */
  initializer: Initializer
  #dtype: DType
  #data: Data | undefined

  constructor(shape: Shape, initializer: Initializer = filled(0), given: OptionsOf<typeof options> = {}) {
    const { trainable, finite, dtype } = readOptions('Variable', options, given)
    this.shape = shape
    this.trainable = trainable
    this.finite = finite
    this.initializer = initializer
    this.#dtype = dtype
  }

  get dtype(): DType {
    return this.#dtype
  }

  /** Whether it has numbers. */
  get initialized(): boolean {
    return this.#data !== undefined
  }

  /** The numbers, row by row. @throws {ArgumentError} before the model is initialized. */
  get data(): Data {
    if (this.#data) return this.#data
    throw new ArgumentError(
      `${nameOf(this) || 'variable'}: wanted initialized numbers, got none; call nn.initialize(model, seed) first`,
    )
  }

  /** @throws {ArgumentError} when the array's type or length is not the variable's. */
  set data(data: Data) {
    if (!holds(this.#dtype, data) || data.length !== sizeOf(this.shape)) {
      throw new ArgumentError(
        `${nameOf(this) || 'variable'}: wanted ${sizeOf(this.shape)} numbers of ${this.#dtype}, ` +
          `got ${data?.length} in ${data?.constructor.name}`,
      )
    }
    this.#data = data
  }

  /** The value at this point of the step that is being traced. */
  get value(): Tensor {
    return active('Variable.value').read(this)
  }

  /** Makes `next` the value from here on, and for the next step. */
  assign(next: Tensor): void {
    if (!sameShape(next.shape, this.shape) || next.dtype !== this.#dtype) {
      throw new ArgumentError(
        `${nameOf(this) || 'variable'}: wanted ${this.#dtype} ${showShape(this.shape)}, got ${next.dtype} ${showShape(next.shape)}`,
      )
    }
    active('Variable.assign').writes.set(this, next)
  }

  /** Draws its numbers from the stream of (seed, name). */
  initialize(seed: number): void {
    this.data = toData(this.#dtype, this.initializer(random(seed, nameOf(this)), this.shape))
  }

  /** Changes the element type and keeps the numbers. Does nothing to integer variables. */
  toDType(dtype: 'float32' | 'float64'): void {
    if (!isFloat(this.#dtype)) return
    this.#dtype = dtype
    if (this.#data) this.#data = toData(dtype, this.#data)
  }
}

/**
 * Yields every object below `root` once, with the path of fields that leads to it: layers, lists of layers,
 * variables. Names them all as well.
 *
 * A variable's own field is in snake case, as in PyTorch: `layers.0.running_mean`.
 */
export function* walk(root: object): Generator<readonly [path: string, object: object]> {
  const seen = new Set<object>()
  function* visit(object: object, path: string): Generator<readonly [string, object]> {
    if (seen.has(object)) return
    seen.add(object)
    setName(object, path)
    yield [path, object]
    if (object instanceof Variable) return
    if (object instanceof Map || object instanceof Set) {
      throw new ArgumentError(`model: wanted layers in fields, lists or objects, got a Map or Set at ${path}`)
    }
    for (const [field, child] of Object.entries(object)) {
      if (!isContainer(child)) continue
      const name = child instanceof Variable ? snakeCase(field) : field
      yield* visit(child, path ? `${path}.${name}` : name)
    }
  }
  yield* visit(root, '')
}

/**
 * Every variable of a model by its state name, in the order of its fields. A layer used twice is listed once.
 */
export function variables(root: object): Map<string, Variable> {
  const found = new Map<string, Variable>()
  for (const [name, object] of walk(root)) {
    if (!(object instanceof Variable)) continue
    if (found.has(name)) {
      throw new ArgumentError(`model: wanted a name for each variable, got ${name} twice; rename a field`)
    }
    found.set(name, object)
  }
  return found
}

const snakeCase = (field: string): string => field.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
const isContainer = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !ArrayBuffer.isView(value)

/** A number that the host computes for each step. */
export interface Scheduled {
  /** What messages call it, such as `optimizer.lr`. */
  readonly name: string
  /** What the fingerprint of a graph calls it: stays when messages get better. */
  readonly hashedAs: string
  readonly value: (step: number) => number
}

/** What a step read, assigned and scheduled while it was traced. */
export interface Trace {
  /** Variables that were read, with the graph input that stands for each. */
  readonly reads: ReadonlyMap<Variable, Tensor>
  /** Variables that were assigned, with the last value of each. */
  readonly writes: ReadonlyMap<Variable, Tensor>
  /** Graph inputs of one number that the host computes for each step, counted from 0. */
  readonly scheduled: ReadonlyMap<Tensor, Scheduled>
}

class Recorder implements Trace {
  readonly reads = new Map<Variable, Tensor>()
  readonly writes = new Map<Variable, Tensor>()
  readonly scheduled = new Map<Tensor, Scheduled>()
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

/**
 * Runs `body` once and records which variables it reads and assigns. Nothing is computed.
 *
 * @throws what `body` throws; the trace is then discarded.
 */
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

/** Counts the calls of `layer` in the step that is being traced: 0 at its first. */
export function callOf(layer: object): number {
  const { calls } = active('callOf')
  const call = calls.get(layer) ?? 0
  calls.set(layer, call + 1)
  return call
}

/** A hyperparameter's value at a step. */
export const hyperparameterAt = (value: Hyperparameter, step: number): number =>
  typeof value === 'number' ? value : value(step)

/** `value`, which was computed for a step. @throws {ArgumentError} when it is not finite. */
export function finiteAt(name: string, value: number, step: number): number {
  if (Number.isFinite(value)) return value
  throw new ArgumentError(`${name}: wanted a finite number at step ${step}, got ${value}; see its schedule`)
}

/**
 * A hyperparameter inside a step: a number is part of the graph; a function of the step is computed on the
 * host in float64 and fed, so that changing it recompiles nothing.
 *
 * @param name what messages call it
 * @param hashedAs what the fingerprint of a graph calls it
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
  active('hyperparameter').scheduled.set(fed, { name, hashedAs, value })
  return fed
}
