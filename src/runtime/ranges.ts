import type { Data } from '../core/dtype.ts'
import { ArgumentError } from '../core/errors.ts'
import { firstOutside, type IndexRange, outsideRange } from '../core/range.ts'
import { sizeOf } from '../core/shape.ts'
import type { Tensor } from '../core/tensor.ts'
import { intervalOf } from './interval.ts'
import type { HostTensor } from './session.ts'
import type { Traced } from './traced.ts'

// Indices and labels are checked on the host: ONNX takes a negative index from the end, and a check in the graph would
// cost a node or two per step. Values that are fed are read before the run. Those that the graph computes become
// further outputs of it, and are read after the run, before any variable changes.

/** Where a value outside of its range was found. */
interface Place {
  /** Index of the step within the call, from 0; 0 if the call is a single step. */
  readonly turn: number
  /** Index of the example in that step's batch or, if `inDataset`, in the data set; undefined if unknown. */
  readonly example: number | undefined
  /** Whether `example` is an index in the data set, which is fed as a whole. */
  readonly inDataset: boolean
  /** Position within the example, as message text such as `, position 3`; empty if the example is one value. */
  readonly within: string
  /** Describes where the batch's example number `example` is; absent if that is not known. */
  readonly at?: (example: number) => string
}

/** An index, label or length outside of its range. */
export class OutOfRangeError extends ArgumentError {
  readonly range: IndexRange
  readonly got: number | bigint
  readonly place: Place

  constructor(range: IndexRange, got: number | bigint, place: Place, at: string) {
    super(outsideRange(range, got, at + place.within))
    this.range = range
    this.got = got
    this.place = place
  }

  /** Returns the same error for a larger batch, in which `before` examples come before those of this batch. */
  after(before: number): OutOfRangeError {
    const { example, at } = this.place
    if (example === undefined || at === undefined || before === 0) return this
    const place = { ...this.place, example: example + before }
    return new OutOfRangeError(this.range, this.got, place, at(place.example))
  }

  /** Returns the same error, located at example number `example` of the data set. */
  inDataset(example: number): OutOfRangeError {
    const place = { ...this.place, example, inDataset: true }
    return new OutOfRangeError(this.range, this.got, place, `example ${example} of the data`)
  }
}

/** Checks that a traced step's integers are in their permitted ranges. */
export interface RangeChecks {
  /** Tensors to check that the graph must return besides its results, by name. */
  readonly outputs: ReadonlyMap<string, Tensor>
  /** Checks inputs before a run. @throws {OutOfRangeError} for the first value out of range */
  before(values: ReadonlyMap<string, HostTensor>, at: CallSteps): void
  /** Checks the `outputs` that a run returned. @throws {OutOfRangeError} for the first value out of range */
  after(values: ReadonlyMap<string, Data>, at: CallSteps): void
}

/** The steps that one run of the graph takes. */
interface CallSteps {
  /** Number of the first step that the run takes. */
  readonly step: number
  /** Whether the caller passes several steps in one call. */
  readonly loop: boolean
  /** Number of the call's steps that come before this run. @default 0 */
  readonly turn?: number | undefined
  /** Number of examples per step. @default not known */
  readonly batch?: number | undefined
}

/** Plans how to check the ranges of a step's integers. Ranges that the graph itself guarantees are left out. */
export function rangeChecks(traced: Traced): RangeChecks {
  const open = unique(traced.ranges).filter((range) => !isProved(range))
  const fed = open.flatMap((range) => {
    const source = sourceOf(range.values, traced)
    return source ? [{ range, source }] : []
  })
  const known = new Set(fed.map(({ range }) => range))
  const computed = open.filter((range) => !known.has(range))
  const batch = [...traced.inputs.values()].find(({ fixed }) => !fixed)?.read.shape[0]
  const named = new Map(computed.map((range, i) => [`range:${i}`, range]))
  return {
    outputs: new Map([...named].map(([name, { values }]) => [name, values])),
    before(values, at) {
      for (const { range, source } of fed) checkFed(range, source, values, at)
    },
    after(values, at) {
      for (const [name, range] of named) {
        const data = values.get(name)
        if (data) checkAll(range, data, range.values, { ...at, batch })
      }
    },
  }
}

/** Leaves out ranges that an earlier range of the same values implies. */
function unique(ranges: readonly IndexRange[]): IndexRange[] {
  return ranges.filter((range, i) => {
    const same = (other: IndexRange): boolean =>
      other.values === range.values &&
      other.min >= range.min &&
      other.max <= range.max &&
      other.except === range.except
    return !ranges.slice(0, i).some(same)
  })
}

function isProved({ values, min, max }: IndexRange): boolean {
  const [least, greatest] = intervalOf(values)
  return sizeOf(values.shape) === 0 || (least >= min && greatest <= max)
}

/** An input with values to check: all of them or, if `rows` names another input, those in the rows that it lists. */
interface Source {
  readonly input: string
  readonly read: Tensor
  readonly fixed: boolean
  readonly rows: string | undefined
}

/** Operators whose output has the elements of their first input in the same order. */
const sameOrder: ReadonlySet<string> = new Set([
  'Cast',
  'Flatten',
  'Identity',
  'Reshape',
  'Squeeze',
  'Unsqueeze',
])

function sourceOf(values: Tensor, { inputs }: Traced): Source | undefined {
  const origin = originOf(values)
  const given = (t: Tensor | undefined) => [...inputs].find(([, { read }]) => read === t)
  const [name, own] = given(origin) ?? []
  if (name !== undefined) return { input: name, read: own!.read, fixed: own!.fixed, rows: undefined }
  if (origin.op !== 'Gather' || origin.attributes.axis !== 0) return undefined
  const [table, rows] = [given(origin.inputs[0]), given(origin.inputs[1])]
  if (!table?.[1].fixed || !rows || rows[1].fixed) return undefined
  return { input: table[0], read: table[1].read, fixed: true, rows: rows[0] }
}

/** Returns the tensor from which `t` takes its elements, in the same order; stops at a cast to bool. */
export const originOf = (t: Tensor): Tensor =>
  sameOrder.has(t.op) && t.dtype !== 'bool' ? originOf(t.inputs[0]!) : t

function checkFed(
  range: IndexRange,
  source: Source,
  values: ReadonlyMap<string, HostTensor>,
  at: CallSteps,
): void {
  const { data } = values.get(source.input)!
  const { rows, read } = source
  const name = source.input.replace(/^input:/, '')
  if (rows !== undefined) checkRows(range, data, values.get(rows)!.data, read)
  else checkAll(range, data, read, { ...at, loop: at.loop && !source.fixed }, name)
}

/** Checks the rows of a data set that the batches of a call contain. */
function checkRows(range: IndexRange, data: Data, rows: Data, { shape }: Tensor): void {
  const size = sizeOf(shape.slice(1))
  const ints = data instanceof Int32Array && rows instanceof Int32Array
  if (ints && !hasOutside(range, data, rows, size)) return
  for (const row of rows) {
    const first = Number(row) * size
    const at = firstOutside(range, data.subarray(first, first + size))
    if (at < 0) continue
    const place = { turn: 0, example: Number(row), inDataset: true, within: withinExample(at, shape) }
    throw new OutOfRangeError(range, data[first + at]!, place, `example ${row} of the data`)
  }
}

/** Whether rows of `size` elements hold a value outside of a range; takes a few nanoseconds per row. */
function hasOutside(
  { min, max, except }: IndexRange,
  data: Int32Array,
  rows: Int32Array,
  size: number,
): boolean {
  for (let i = 0; i < rows.length; i++) {
    const first = rows[i]! * size
    for (let j = first; j < first + size; j++) {
      const value = data[j]!
      if ((value < min || value > max) && value !== except) return true
    }
  }
  return false
}

/**
 * Checks all values of a tensor of shape `shape` or, in a loop, of one such tensor per step.
 *
 * @param name name of the input that holds the values; undefined if the graph computes them
 */
function checkAll(
  range: IndexRange,
  data: Data,
  { shape }: Tensor,
  { step, loop, turn: before = 0, batch }: CallSteps,
  name?: string,
): void {
  const at = firstOutside(range, data)
  if (at < 0) return
  // Without a loop, the number of rows may be another one than when the step was traced.
  const [size, perStep] = [sizeOf(shape.slice(1)), loop ? sizeOf(shape) : data.length]
  const turn = Math.floor(at / perStep)
  const row = Math.floor((at % perStep) / size)
  // What the graph computes has a row for each example if its first axis is as long as the batch.
  const example = name !== undefined || shape[0] === batch ? row : undefined
  const say = (which: string): string =>
    [...(loop ? [`step ${step + turn}`] : []), name === undefined ? which : `${which} of ${name}`].join(', ')
  const sayExample = (number: number): string => say(`example ${number}`)
  const within = withinExample(at % size, shape)
  const place = { turn: before + turn, example, inDataset: false, within, at: sayExample }
  throw new OutOfRangeError(
    range,
    data[at]!,
    place,
    example === undefined ? say(`row ${row}`) : sayExample(row),
  )
}

/** Formats the position within an example of its element `index`: `, position [2, 0]`. */
function withinExample(index: number, shape: Tensor['shape']): string {
  const sizes = shape.slice(1)
  if (sizeOf(sizes) === 1) return ''
  let rest = index
  const positions = sizes.map((_, axis) => {
    const stride = sizeOf(sizes.slice(axis + 1))
    const position = Math.floor(rest / stride)
    rest %= stride
    return position
  })
  return `, position ${positions.length === 1 ? positions[0] : `[${positions.join(', ')}]`}`
}
