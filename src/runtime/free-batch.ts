import type { Data } from '../core/dtype.ts'
import { ArgumentError } from '../core/errors.ts'
import { nameOf } from '../core/names.ts'
import { sizeOf } from '../core/shape.ts'
import { node, type Tensor } from '../core/tensor.ts'
import { varyingGraph } from '../onnx/model.ts'
import { modelBytes } from '../onnx/proto.ts'
import { shareEqual } from '../onnx/simplify.ts'
import type { Feeds } from './feeds.ts'
import { freeSize } from './free-size.ts'
import { type OneTrace, openTraces } from './open-traces.ts'
import { type RangeChecks, rangeChecks } from './ranges.ts'
import { readsOf, type Traced } from './traced.ts'

/** A step that accepts any number of rows. */
interface FreeStep {
  /** The step, traced with one particular number of rows. */
  readonly traced: Traced
  readonly ranges: RangeChecks
  /** Traces the step again, with the same number of rows as in `traced`. */
  readonly retrace: () => Traced
  /** Bytes of the step's ONNX model, which accepts any number of rows. */
  readonly model: Uint8Array
}

interface StepTrace extends OneTrace {
  readonly traced: Traced
  readonly ranges: RangeChecks
}

/**
 * Returns a step that accepts any number of rows.
 *
 * @param free names of the inputs whose first axis has a free size
 * @param traceAt traces the step with n rows
 * @throws {ArgumentError} when the step assigns to a variable, or computes something else for some numbers of
 *   rows.
 */
export function freeStep(free: ReadonlySet<string>, traceAt: (n: number) => Traced): FreeStep {
  const opened = openTraces('compile', (n): StepTrace => {
    const traced = traceAt(n)
    checkReadsOnly(traced)
    const ranges = rangeChecks(traced)
    const x = [...traced.inputs.values()].find(({ name }) => free.has(name))!.read
    return { traced, ranges, x, y: tupleOf(resultsWith(traced, ranges)), inputs: keyed(traced) }
  })
  const { traced, ranges, x } = opened.first
  const names = [...resultsWith(traced, ranges).keys()]
  const results = new Map(shareEqual(opened.y.inputs).map((t, i) => [names[i]!, t]))
  const inputs = new Map(readsOf(traced.inputs, traced.variables, traced.scheduled))
  const graph = varyingGraph(inputs, results, (name, t) => {
    const place = names.indexOf(name)
    if (place >= 0) return opened.shapeOf((root) => root.inputs[place]!, `${name}:`)
    const given = traced.inputs.get(name)
    return given && free.has(given.name) ? [freeSize, ...t.shape.slice(1)] : t.shape
  })
  return { traced, ranges, retrace: () => traceAt(x.shape[0]!), model: modelBytes(graph) }
}

function checkReadsOnly({ variables }: Traced): void {
  for (const { variable, written } of variables.values()) {
    if (!written) continue
    throw new ArgumentError(
      `compile: wanted a body that assigns to no variable, for a free number of rows, got one that assigns to ` +
        `${nameOf(variable) || 'a variable'}; run the model in 'eval' mode, or fix the shape`,
    )
  }
}

/** Returns all tensors that the graph computes, by name: results, and values whose ranges are checked. */
const resultsWith = ({ outputs }: Traced, ranges: RangeChecks): ReadonlyMap<string, Tensor> =>
  new Map([...outputs, ...ranges.outputs])

/** Joins results into one node, so that they form a single graph. This node is not part of the ONNX model. */
const tupleOf = (results: ReadonlyMap<string, Tensor>): Tensor =>
  node('Tuple', { inputs: [...results.values()], shape: [], dtype: 'float32' })

/** Returns all inputs of a traced step, each keyed by its name or, if it holds a variable, by the variable. */
const keyed = ({ inputs, variables, scheduled }: Traced): ReadonlyMap<unknown, Tensor> =>
  new Map<unknown, Tensor>([
    ...readsOf(inputs, scheduled),
    ...[...variables.values()].map(({ variable, read }) => [variable, read] as const),
  ])

/**
 * Returns a traced step with the number of rows of the values that are passed in a call.
 *
 * @throws {ArgumentError} when values are not a whole number of rows, or inputs have different numbers of rows.
 */
export function withRowsOf(traced: Traced, free: ReadonlySet<string>, feeds: Feeds): Traced {
  let first: { readonly name: string; readonly rows: number } | undefined
  const inputs = [...traced.inputs].map(([key, one]): [string, typeof one] => {
    const { name, read } = one
    if (!free.has(name)) return [key, one]
    const rows = rowsIn(name, read, Object(feeds)[name] as Data | undefined)
    first ??= { name, rows }
    if (rows !== first.rows) {
      const wanted = `as many rows of ${name} as of ${first.name}, ${first.rows}`
      throw new ArgumentError(`step: wanted ${wanted}, got ${rows}`)
    }
    return [key, { ...one, read: { ...read, shape: [rows, ...read.shape.slice(1)] } }]
  })
  return { ...traced, inputs: new Map(inputs) }
}

function rowsIn(name: string, { shape, dtype }: Tensor, data: Data | undefined): number {
  const size = sizeOf(shape.slice(1))
  const rows = (data?.length ?? 0) / size
  if (Number.isInteger(rows) && rows > 0) return rows
  const got = data ? `${data.length} in ${data.constructor.name}` : String(data)
  throw new ArgumentError(
    `step: wanted ${name} as one or more rows of ${size} numbers of ${dtype}, got ${got}`,
  )
}
