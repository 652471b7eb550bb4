import { type Data, type DType, isFloat } from '../core/dtype.ts'
import type { Tensor } from '../core/tensor.ts'
import { variables } from '../core/variable.ts'
import type { Batch } from '../data/batch.ts'
import type { FieldSpec } from '../data/dataset.ts'
import type { Source } from '../data/stream.ts'
import { cast } from '../ops/compare.ts'
import { indexSelect } from '../ops/gather.ts'
import { type Compiled, type CompileOptions, compile } from '../runtime/compile.ts'
import { backendOf, type Device } from '../runtime/device.ts'
import type { InputSpec } from '../runtime/traced.ts'

/** The input that takes `length` examples of a field. */
export const batchInput = ({ shape, dtype }: FieldSpec, length: number): InputSpec => ({
  shape: [length, ...shape],
  dtype,
})

/** The element type in which a model computes: that of its first float variable. */
export const computeDType = (model: object): DType =>
  [...variables(model).values()].map(({ dtype }) => dtype).find(isFloat) ?? 'float32'

/** Casts floats to the element type in which the model computes. Integers, such as labels, stay as they are. */
export const castFloat = (t: Tensor, dtype: DType): Tensor => (isFloat(t.dtype) ? cast(t, dtype) : t)

/** A graph before it is traced. */
export interface Traceable<In extends string, Out extends string> {
  readonly inputs: Readonly<Record<In, InputSpec>>
  readonly body: (inputs: Record<In, Tensor>) => Readonly<Record<Out, Tensor>>
}

export interface GraphOptions extends CompileOptions {
  /** The element type in which the model computes. */
  readonly dtype: DType
}

export interface BatchOptions<More extends string> {
  /** Further inputs, which reach the body as they are fed. */
  readonly more?: Readonly<Record<More, InputSpec>>
  /** Size of the data set that is fed instead of the batch: an input `rows` then picks the batch from it. */
  readonly resident?: number | undefined
}

/** Graphs on raw batches of some fields, each compiled at its first use and then kept. */
export class Graphs<Field extends string> {
  readonly #fields: Readonly<Record<Field, FieldSpec>>
  readonly #dtype: DType
  readonly #compiling: CompileOptions
  readonly #compiled = new Map<string, Promise<unknown>>()

  constructor(fields: Readonly<Record<Field, FieldSpec>>, { dtype, ...compiling }: GraphOptions) {
    this.#fields = fields
    this.#dtype = dtype
    this.#compiling = compiling
  }

  /**
   * Returns the compiled graph of a body on batches of `length`: the same one for each `key`.
   *
   * @throws {ShapeError} when the body does not suit the fields.
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
    made.catch(() => this.#compiled.delete(key)) // a failure is not remembered
    return made
  }

  /** Returns the graph of a body on batches of `length` before it is traced. */
  traceable<Out extends string, More extends string = never>(
    length: number,
    body: Traceable<Field | More, Out>['body'],
    { more, resident }: BatchOptions<More> = {},
  ): Traceable<Field | More, Out> {
    const names = Object.keys(this.#fields) as Field[]
    const input = (name: Field): InputSpec => ({
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
      inputs: inputs as Record<Field | More, InputSpec>,
      body: (fed) => {
        const { rows } = fed as { readonly rows?: Tensor }
        return body({ ...fed, ...Object.fromEntries(names.map((name) => [name, prepared(fed[name], rows)])) })
      },
    }
  }
}

/**
 * Returns what a graph is fed for a batch. Where its examples lie in memory that the graph reads itself, that
 * is the whole of `source` and the numbers of the `rows`: nothing is copied here.
 */
export async function batchFeeds(
  batch: Batch,
  source: Source,
  device: Device | undefined,
): Promise<Readonly<Record<'x' | 'y', Data>> & { readonly rows?: Data }> {
  const { from } = batch
  const isResident = from !== undefined && from.dataset === source && (await backendOf(device)).sharesMemory
  if (!isResident) return { x: batch.x, y: batch.y }
  const { x, y } = from.dataset
  return { x: x.data, y: y.data, rows: from.indices }
}
