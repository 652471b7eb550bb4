import { type Body, input, node, type Tensor } from '../core/tensor.ts'
import { rebuild } from '../onnx/rebuild.ts'
import { reshape } from '../ops/broadcast.ts'

/** Rows that the steps of a sequence take: `map[index]`. */
interface Picks {
  readonly map: Tensor
  readonly index: Tensor
}

/**
 * Picks rows of the map of a short table within the steps that take them, where the rows were picked for all steps before.
 * The rows of one step stay in the cache: for 64 steps, each of [32, 512], 0.3 ms less.
 *
 * @param isPick returns whether a node picks rows of a matrix by a list of positions
 */
export function pickInSteps(roots: readonly Tensor[], isPick: (t: Tensor) => boolean): readonly Tensor[] {
  const bodies = new Map<number, Body>() // outputs of one node have one body
  return rebuild(roots, (t) => {
    const { inputs, body } = t
    const picks = inputs.slice(0, body?.taken ?? 0).map((x) => picksOf(x, isPick))
    if (!body || !picks.some((one) => one)) return t
    const changed = bodies.get(body.id) ?? withPicks(body, picks)
    bodies.set(body.id, changed)
    const own = inputs.map((x, i) => (picks[i] ? reshape(picks[i].index, x.shape.slice(0, 2)) : x))
    return { ...t, inputs: [...own, ...picks.flatMap((one) => one?.map ?? [])], body: changed }
  })
}

/** Returns what a sequence `[length, batch, …]` of rows of a map was picked by; undefined if it is something else. */
function picksOf(x: Tensor, isPick: (t: Tensor) => boolean): Picks | undefined {
  const [rows] = x.op === 'Reshape' && x.shape.length === 3 ? x.inputs : []
  if (!rows || !isPick(rows)) return undefined
  const [map, index] = rows.inputs
  return map!.op === 'Gemm' && map!.shape[1] === x.shape[2] ? { map: map!, index: index! } : undefined
}

/** Returns the graph of a step that takes positions instead of rows, and reads the maps from around it. */
function withPicks(body: Body, picks: readonly (Picks | undefined)[]): Body {
  const maps = new Map<Tensor, Tensor>()
  const rows = new Map<Tensor, Tensor>()
  const inputs = body.inputs.map((part, i) => {
    const pick = picks[i]
    if (!pick) return part
    const [map, index] = [input(pick.map.shape, pick.map.dtype), input([part.shape[0]!], pick.index.dtype)]
    maps.set(part, map)
    rows.set(part, node('Gather', { inputs: [map, index], attributes: { axis: 0 }, shape: part.shape }))
    return index
  })
  const outputs = rebuild(body.outputs, (t) => rows.get(t) ?? t)
  return { ...body, inputs: [...inputs, ...maps.values()], outputs }
}
