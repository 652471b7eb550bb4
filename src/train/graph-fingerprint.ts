import { createHash } from 'node:crypto'
import { type Tensor, topological } from '../core/tensor.ts'
import { readsOf, rootsOf, type Traced } from '../runtime/traced.ts'

/**
 * A short text that differs when a traced step computes anything else: other operators, shapes, constants, or names of
 * what it reads and assigns. The numbers of variables do not count. It is the same in every process.
 */
export function graphFingerprint(traced: Traced): string {
  const { inputs, variables, scheduled, outputs } = traced
  const names = new Map(
    [inputs, variables, scheduled].flatMap((given) => readsOf(given).map(([name, t]) => [t, name])),
  )
  const places = new Map<Tensor, number>()
  const place = (t: Tensor): number | undefined => places.get(t)
  const hash = createHash('sha256')
  for (const t of topological(rootsOf(traced))) {
    const { op, inputs, attributes, shape, dtype, output, data } = t
    hash.update(JSON.stringify([op, names.get(t), inputs.map(place), attributes, shape, dtype, output]))
    if (data) hash.update(Float64Array.from(data))
    places.set(t, places.size)
  }
  const written = [...variables].flatMap(([name, { written }]) => (written ? [[name, place(written)]] : []))
  hash.update(JSON.stringify([written, [...outputs].map(([name, t]) => [name, place(t)])]))
  return hash.digest('hex').slice(0, 32)
}
