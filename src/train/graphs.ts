import { type Data, type DType, isFloat } from '../core/dtype.ts'
import { variables } from '../core/state.ts'
import type { Tensor } from '../core/tensor.ts'
import type { Batch } from '../data/batch.ts'
import type { FieldSpec } from '../data/dataset.ts'
import type { Source } from '../data/stream.ts'
import { cast } from '../ops/compare.ts'
import { indexSelect } from '../ops/gather.ts'
import { type Compiled, type CompileOptions, compile } from '../runtime/compile.ts'
import { type Device, sharesMemory } from '../runtime/device.ts'
import type { StepInput } from '../runtime/traced.ts'

/** Returns the shape and element type of a graph input that holds `length` examples of a field (`x` or `y`). */
export const batchInput = ({ shape, dtype }: FieldSpec, length: number): StepInput => ({
  shape: [length, ...shape],
  dtype,
})

/** Returns the fields of a source's batches; `weights` is one of them if the examples have weights. */
export const batchFields = ({ x, y, weights }: Source): Readonly<Record<'x' | 'y', FieldSpec>> => ({
  x: specOf(x),
  y: specOf(y),
  ...(weights && { weights: specOf(weights) }),
})

const specOf = ({ shape, dtype }: FieldSpec): FieldSpec => ({ shape, dtype })

/** Tensors or arrays of a batch, by field. */
export type BatchOf<T> = Readonly<Record<'x' | 'y', T>> & { readonly weights?: T }

/** Returns the arrays of a batch by field. */
export const fieldsOf = ({ x, y, weights }: Batch): BatchOf<Data> => ({ x, y, ...(weights && { weights }) })

/** Returns the element type in which a model computes: the type of its first float variable, else float32. */
export const computeDType = (model: object): DType =>
  [...variables(model).values()].map(({ dtype }) => dtype).find(isFloat) ?? 'float32'

/** Casts a float tensor to `dtype`. Returns an integer tensor, such as labels, unchanged. */
export const castFloat = (t: Tensor, dtype: DType): Tensor => (isFloat(t.dtype) ? cast(t, dtype) : t)

/** A graph before tracing: its inputs, and `body`, the function that computes its outputs from them. */
export interface Traceable<In extends string, Out extends string> {
  readonly inputs: Readonly<Record<In, StepInput>>
  readonly body: (inputs: Record<In, Tensor>) => Readonly<Record<Out, Tensor>>
}

interface GraphOptions extends CompileOptions {
  /** Element type in which the model computes. */
  readonly dtype: DType
}

interface BatchOptions<More extends string> {
  /** Inputs other than the batch, passed to `body` unchanged. */
  readonly more?: Readonly<Record<More, StepInput>>
  /** Number of examples in the data set, if the graph takes the whole set and, as `rows`, the indices of a batch. */
  readonly resident?: number | undefined
}

/** A cache of compiled graphs whose inputs are batches of the given fields, such as `x` and `y`. */
export class Graphs<Field extends string> {
  readonly #fields: Readonly<Record<Field, FieldSpec>>
  readonly #dtype: DType
  readonly #compiling: CompileOptions
  readonly #compiled = new Map<string, Promise<unknown>>()
  readonly #ready: Pick<Compiled<never, never>, 'timed'>[] = []

  constructor(fields: Readonly<Record<Field, FieldSpec>>, { dtype, ...compiling }: GraphOptions) {
    this.#fields = fields
    this.#dtype = dtype
    this.#compiling = compiling
  }

  /**
   * Returns the compiled graph of the function `body` on batches of `length` examples. A `key` used before returns
   * the same graph again.
   *
   * @throws {ShapeError} when the shapes of the fields do not suit `body`.
   */
  compiled<Out extends string, More extends string = never>(
    key: string,
    length: number,
    body: Traceable<Field | More, Out>['body'],
    options: BatchOptions<More> = {},
  ): Promise<Compiled<Field | More, Out>> {
    const known = this.#compiled.get(key)
    if (known) return known as Promise<Compiled<Field | More, Out>>
    const graph = this.traceable(length, body, options)
    const made = compile<Field | More, Out>(graph.inputs, graph.body, this.#compiling)
    this.#compiled.set(key, made)
    made.then(
      (ready) => this.#ready.push(ready),
      () => this.#compiled.delete(key), // so that the next call tries again
    )
    return made
  }

  /** Numbers of threads that timing chose for the graphs compiled so far, by hash of the graph. */
  get timedThreads(): Readonly<Record<string, number>> {
    return Object.assign({}, ...this.#ready.map((graph) => graph.timed()))
  }

  /** Returns the untraced graph of the function `body` on batches of `length` examples. */
  traceable<Out extends string, More extends string = never>(
    length: number,
    body: Traceable<Field | More, Out>['body'],
    { more, resident }: BatchOptions<More> = {},
  ): Traceable<Field | More, Out> {
    const names = Object.keys(this.#fields) as Field[]
    const input = (name: Field): StepInput => ({
      ...batchInput(this.#fields[name], resident ?? length),
      fixed: resident !== undefined,
    })
    const inputs = {
      ...Object.fromEntries(names.map((name) => [name, input(name)])),
      ...(resident !== undefined && { rows: { shape: [length], dtype: 'int32' } }),
      ...more,
    }
    const prepared = (t: Tensor, rows: Tensor | undefined): Tensor =>
      castFloat(rows ? indexSelect(t, 0, rows) : t, this.#dtype)
    return {
      inputs: inputs as Record<Field | More, StepInput>,
      body: (fed) => {
        const { rows } = fed as { readonly rows?: Tensor }
        return body({ ...fed, ...Object.fromEntries(names.map((name) => [name, prepared(fed[name], rows)])) })
      },
    }
  }
}

/**
 * Returns the input arrays of a graph for a batch: normally its examples. For a batch of the data set `source` on a
 * device that shares memory with the host, returns the whole set, not copied, and the batch's indices as `rows`.
 */
export async function batchFeeds(
  batch: Batch,
  source: Source,
  device: Device | undefined,
): Promise<BatchOf<Data> & { readonly rows?: Data }> {
  const { from } = batch
  const isResident = from !== undefined && from.dataset === source && (await sharesMemory(device))
  if (!isResident) return fieldsOf(batch)
  const { x, y, weights } = from.dataset
  return { x: x.data, y: y.data, ...(weights && { weights: weights.data }), rows: from.indices }
}
