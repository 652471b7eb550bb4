import { allocate, type Data } from '../core/dtype.ts'
import { mismatch } from '../core/mismatch.ts'
import { type Shape, sizeOf } from '../core/shape.ts'
import type { Batch } from './batch.ts'
import { type Dataset, dataset, type FieldSpec, type Names, type Values } from './dataset.ts'

/** Examples that come one after another, of which only a few are in memory: from a file, or from anywhere. */
export interface Stream extends Names {
  readonly x: FieldSpec
  readonly y: FieldSpec
  /** What tells these examples from others, as far as it shows without reading all: a run is resumed with the same. */
  readonly fingerprint?: string
  /** The examples of an epoch from the first, some at a time; arrays that are not written to again. */
  read(epoch: number): AsyncIterable<Batch> | Iterable<Batch>
}

/** Where examples come from. */
export type Source = Dataset | Stream

/** Examples to learn from, and others to be measured on, each in memory or as a stream. */
export interface Sources {
  readonly train: Source
  readonly validation: Source
}

export const isStream = (source: Source): source is Stream => 'read' in source

/** One example: its numbers, and its label or target. */
export interface StreamExample {
  readonly x: ArrayLike<number>
  readonly y: number | ArrayLike<number>
}

export interface StreamOptions extends Names {
  /** Of one example's `x`. */
  readonly shape: Shape
  /** Of one example's `y`; `[]`, one number, unless given. */
  readonly targetShape?: Shape
  /** Of `x`, and of `y` where it is not labels; float32 unless given. */
  readonly dtype?: 'float32' | 'float64' | 'int32'
  /** Any text that tells these examples from others; nothing does unless given. */
  readonly fingerprint?: string
}

/**
 * A stream from a generator of examples, synchronous or not. It is started anew for each epoch.
 *
 * `y` is labels where `classes` or `classNames` are given, else targets.
 *
 * @throws {ArgumentError} while it is read, when an example does not fit `shape`, or a label is not in 0 … classes − 1.
 * @example data.stream(function* (epoch) { yield { x: [0.1, epoch], y: 1 } }, { shape: [2], classes: 2 })
 */
export function stream(
  examples: (epoch: number) => AsyncIterable<StreamExample> | Iterable<StreamExample>,
  { shape, targetShape = [], dtype = 'float32', ...names }: StreamOptions,
): Stream {
  const classes = names.classes ?? names.classNames?.length
  const x: FieldSpec = { shape, dtype }
  const y: FieldSpec = { shape: targetShape, dtype: classes === undefined ? dtype : 'int32' }
  const read = async function* (epoch: number): AsyncGenerator<Batch> {
    let rows = new Rows(x, y, chunk)
    let count = 0
    for await (const example of examples(epoch)) {
      checkExample(example, x, y, classes, count++)
      rows.add(example)
      if (rows.length === chunk) {
        yield rows.batch
        rows = new Rows(x, y, chunk)
      }
    }
    if (rows.length > 0) yield rows.batch
  }
  return { ...names, ...(classes !== undefined && { classes }), x, y, read }
}

/** Examples that are handed on together. */
const chunk = 256

function checkExample(
  { x, y }: StreamExample,
  xSpec: FieldSpec,
  ySpec: FieldSpec,
  classes: number | undefined,
  at: number,
): void {
  const size = sizeOf(xSpec.shape)
  if (x.length !== size) throw mismatch('stream', `${size} numbers of x`, x.length, `look at example ${at}`)
  const targets = typeof y === 'number' ? 1 : y.length
  const wanted = sizeOf(ySpec.shape)
  if (targets !== wanted) {
    throw mismatch('stream', `${wanted} numbers of y`, targets, `look at example ${at}`)
  }
  if (classes !== undefined && !(Number.isInteger(y) && Number(y) >= 0 && Number(y) < classes)) {
    throw mismatch('stream', `labels from 0 to ${classes - 1}`, y, `look at example ${at}`)
  }
}

/** Rows of x and y that are being filled. */
export class Rows {
  length = 0
  readonly #x: Data
  readonly #y: Data
  readonly #sizes: readonly [x: number, y: number]

  constructor(x: FieldSpec, y: FieldSpec, capacity: number) {
    this.#sizes = [sizeOf(x.shape), sizeOf(y.shape)]
    this.#x = allocate(x.dtype, capacity * this.#sizes[0])
    this.#y = allocate(y.dtype, capacity * this.#sizes[1])
  }

  /** A view of what is there. */
  get batch(): Batch {
    const [x, y] = this.#sizes
    return {
      x: this.#x.subarray(0, this.length * x),
      y: this.#y.subarray(0, this.length * y),
      length: this.length,
    }
  }

  add({ x, y }: StreamExample): void {
    const [xSize, ySize] = this.#sizes
    ;(this.#x as Values).set(x, this.length * xSize)
    if (typeof y === 'number') this.#y[this.length] = y
    else (this.#y as Values).set(y, this.length * ySize)
    this.length++
  }

  /** Put rows of a batch from row `to` on. */
  copy({ x, y }: Batch, from: number, rows: number, to: number = this.length): void {
    const [xSize, ySize] = this.#sizes
    ;(this.#x as Values).set((x as Values).subarray(from * xSize, (from + rows) * xSize), to * xSize)
    ;(this.#y as Values).set((y as Values).subarray(from * ySize, (from + rows) * ySize), to * ySize)
    this.length = Math.max(this.length, to + rows)
  }
}

/**
 * All examples of a stream in memory, in its order.
 *
 * @throws {ArgumentError} when there is none.
 */
export async function collect(stream: Stream): Promise<Dataset> {
  const { x, y, read, fingerprint: _, ...names } = stream
  const parts: Batch[] = []
  for await (const part of stream.read(0)) parts.push(part)
  return joinedSource(parts, x, y, names)
}

/** Batches one after another as a data set. */
export function joinedSource(parts: readonly Batch[], x: FieldSpec, y: FieldSpec, names: Names): Dataset {
  const length = parts.reduce((n, part) => n + part.length, 0)
  if (length === 0) throw mismatch('collect', 'at least one example', 0)
  const rows = new Rows(x, y, length)
  for (const part of parts) rows.copy(part, 0, part.length)
  const whole = rows.batch
  return dataset({
    x: whole.x as Values,
    y: whole.y as Values,
    shape: x.shape,
    targetShape: y.shape,
    ...names,
  })
}
