import { asData, type Data, joinData } from '../core/dtype.ts'
import { type Shape, sizeOf } from '../core/shape.ts'
import type { Values } from '../data/dataset.ts'
import type { Source } from '../data/stream.ts'
import type { Session } from '../runtime/session.ts'
import type { Evaluator, Measured } from './evaluator.ts'
import type { BatchOf } from './graphs.ts'
import { checkBatchRange } from './input-range.ts'
import type { About, AboutLoss } from './run-graph.ts'

interface OpenedGraphs {
  readonly model: Session
  readonly measures: Session
  readonly x: About['x']
  readonly y: About['target']
  readonly batchSize: number
  readonly loss: AboutLoss
  readonly source: Source
  /** Element type of the weights that the loss takes; undefined if it takes none. */
  readonly weighing: About['weights']
}

/** Returns an evaluator for batches of `rows` examples that runs the graphs stored in a run's folder. */
export function storedEvaluator(
  { model, measures, x: input, y, batchSize, loss, source, weighing }: OpenedGraphs,
  rows: number,
): Evaluator {
  const scaled = ([n = 1, ...rest]: Shape): Shape => [(n * rows) / batchSize, ...rest]
  const { kinds, labels, shapes, ignoreIndex } = loss
  const tensor = ({ shape, dtype }: Source['x'], data: Data) => ({ dtype, shape: [rows, ...shape], data })
  const run = async (x: Data, truth: Data, own: Data | undefined): Promise<ReadonlyMap<string, Data>> => {
    const outputs = await model.run(new Map([['x', tensor(source.x, x)]]))
    const data = outputs.get('y')!
    const feeds = {
      truth: tensor(source.y, truth),
      y: { dtype: y.dtype, shape: scaled(y.shape), data },
      ...(weighing && { weights: tensor(weighing, asData(weighing.dtype, (own ?? ones) as Values)) }),
    }
    return measures.run(new Map(Object.entries(feeds)))
  }
  const ones = new Float64Array(rows).fill(1) // data without weights
  const graph = async ({ x, y: truth, weights }: BatchOf<Data>) => {
    checkBatchRange(x, input, rows)
    const [width, depth] = [sizeOf(source.x.shape) * rows, sizeOf(source.y.shape) * rows]
    const parts: ReadonlyMap<string, Data>[] = []
    for (let k = 0; k * width < x.length; k++) {
      const own = weights && slice(weights, k, rows)
      parts.push(await run(slice(x, k, width), slice(truth, k, depth), own))
    }
    return joined(parts)
  }
  return {
    kinds: kinds?.map((kind) => (kind === 'weight' ? {} : kind)),
    labels: typeof labels === 'number' ? (labels * rows) / batchSize : labels,
    shapes: { output: scaled(shapes.output), target: scaled(shapes.target) },
    ignoreIndex,
    graph: graph as Evaluator['graph'],
  }
}

const slice = (data: Data, k: number, size: number): Data => data.slice(k * size, (k + 1) * size)

/** Concatenates the results of several batches, separately for each output of the graph. */
function joined(parts: readonly ReadonlyMap<string, Data>[]): Readonly<Record<Measured, Data>> {
  const all = [...parts[0]!.keys()].map((name) => [name, joinData(parts.map((part) => part.get(name)!))])
  return Object.fromEntries(all) as Record<Measured, Data>
}
