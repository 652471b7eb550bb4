import { type Data, isFloat } from '../core/dtype.ts'
import { nameOf } from '../core/names.ts'
import { type Tensor, topological } from '../core/tensor.ts'
import { toOnnx } from '../onnx/model.ts'
import { feedsOf, isExact, rootsOf, type Traced } from './compile.ts'
import { openSession, type Value } from './node-cpu.ts'

/**
 * Where a step first leaves the finite numbers: the first tensor, in the order of computation, that holds a NaN
 * or an infinity, told as `Gemm in fc1`; undefined when all are finite.
 *
 * Runs the step once on the variables as they are, with every tensor between as a result. Changes nothing.
 */
export async function firstNonFinite(
  traced: Traced,
  feeds: Readonly<Record<string, Data>>,
  step: number,
): Promise<string | undefined> {
  const values = feedsOf(traced, feeds, step, false)
  const given = [...values].find(([, value]) => !allFinite(value.data))
  if (given) return given[0].replace(/#\d+$/, '')

  const order = topological(rootsOf(traced)).filter((t) => isFloat(t.dtype) && !isLeaf(t))
  const names = new Map(order.map((t, i) => [`t${i}`, t]))
  const results = await runAll(traced, names, values)
  const first = [...names].find(([name]) => !allFinite(results.get(name)!))?.[1]
  return first && `${first.op} in ${layerOf(first, traced)}`
}

async function runAll(
  traced: Traced,
  outputs: ReadonlyMap<string, Tensor>,
  values: ReadonlyMap<string, Value>,
): Promise<ReadonlyMap<string, Data>> {
  const { inputs, variables, scheduled } = traced
  const reads = [...variables, ...scheduled].map(([name, { read }]): [string, Tensor] => [name, read])
  const session = await openSession(toOnnx(new Map([...inputs, ...reads]), outputs), {
    threads: 1,
    exact: isExact(traced),
  })
  return session.run(values)
}

const isLeaf = (t: Tensor): boolean => t.op === 'Input' || t.op === 'Constant'

/** The layer whose variable is nearest upstream. */
function layerOf(tensor: Tensor, { variables }: Traced): string {
  const byRead = new Map([...variables.values()].map(({ read, variable }) => [read, nameOf(variable)]))
  const queue = [tensor]
  for (const t of queue) {
    const name = byRead.get(t)
    if (name) return name.split('.').slice(0, -1).join('.') || name
    queue.push(...t.inputs)
  }
  return 'the loss'
}

function allFinite(data: Data): boolean {
  if (data instanceof BigInt64Array) return true
  for (let i = 0; i < data.length; i++) if (!Number.isFinite(data[i])) return false
  return true
}
