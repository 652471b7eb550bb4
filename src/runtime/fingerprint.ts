import { sha256 } from '#platform'
import { type Tensor, topological } from '../core/tensor.ts'
import { lowered, readsOf, rootsOf, type Traced } from './traced.ts'
import { transformConvolutions } from './transformed.ts'

/**
 * Returns a hash of a traced step's graph: its operators, shapes, constants, and the names of its inputs and
 * outputs. It does not depend on the process, the device, or the values of variables. Convolutions are hashed
 * in the form in which every device computes them: by Winograd's algorithm where that is faster.
 */
export function graphFingerprint(traced: Traced): string {
  const fast = lowered(traced, transformConvolutions)
  const { inputs, variables, scheduled, outputs } = fast
  const names = new Map(readsOf(inputs, variables).map(([name, t]) => [t, name]))
  for (const [i, { read, hashedAs }] of [...scheduled.values()].entries()) names.set(read, `${hashedAs}#${i}`)
  const places = new Map<Tensor, number>()
  const place = (t: Tensor): number | undefined => places.get(t)
  const hash = sha256()
  for (const t of topological(rootsOf(fast))) {
    const { op, inputs, attributes, shape, dtype, output, data } = t
    hash.update(JSON.stringify([op, names.get(t), inputs.map(place), attributes, shape, dtype, output]))
    if (data) hash.update(Float64Array.from(data))
    places.set(t, places.size)
  }
  const written = [...variables].flatMap(([name, { written }]) => (written ? [[name, place(written)]] : []))
  hash.update(JSON.stringify([written, [...outputs].map(([name, t]) => [name, place(t)])]))
  return hash.hex().slice(0, 32)
}
