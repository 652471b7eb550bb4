import { observeCalls } from '../core/calls.ts'
import { snapshot } from '../core/snapshot.ts'
import { type Tensor, topological } from '../core/tensor.ts'
import { DeviceError } from './failure.ts'
import { countOf, type Feeds, feedsOf } from './feeds.ts'
import { OutOfRangeError, type RangeChecks } from './ranges.ts'
import { part, type Running, runner } from './runner.ts'
import type { Session } from './session.ts'
import { rootsOf, stepModel, type Traced } from './traced.ts'

/** A compiled step that failed, and what is needed to find the cause, such as `open`, which compiles parts of it. */
interface Failed {
  readonly traced: Traced
  readonly ranges: RangeChecks
  readonly loop: boolean
  readonly retrace: () => Traced
  readonly open: (model: Uint8Array) => Promise<Session>
}

/**
 * Returns a function that replaces a device's error by one that names the cause: an index that is out of range, or
 * else the layer whose operator failed.
 */
export const explainer =
  (failed: Failed): Running['explain'] =>
  async (error, feeds, step) => {
    if (!(error instanceof DeviceError)) return error
    return (await computedOutOfRange(failed, feeds, step)) ?? inLayers(error, failed.retrace)
  }

/**
 * Returns the error for an index out of range that the graph itself computed; undefined if there is none. Devices
 * name the operator that failed, but not always the index. Repeats the call's steps one by one; before each step,
 * runs a graph that computes only its indices. Changes no variable.
 */
async function computedOutOfRange(
  failed: Failed,
  feeds: Feeds,
  step: number,
): Promise<OutOfRangeError | undefined> {
  const { traced, ranges, loop, open } = failed
  if (ranges.outputs.size === 0) return undefined
  const restore = snapshot([...traced.variables.values()].map(({ variable }) => variable))
  const reads = {
    ...traced,
    variables: new Map([...traced.variables].map(([name, v]) => [name, { ...v, written: undefined }])),
  }
  try {
    const probes = await Promise.all(
      [...ranges.outputs].map((output) => open(stepModel({ ...reads, outputs: new Map([output]) }))),
    )
    const running: Running = { ranges, looped: false, loop, explain: async (error) => error }
    const once = runner(traced, await open(stepModel(traced)), running)
    const count = loop ? countOf(traced, feeds) : 1
    for (let k = 0; k < count; k++) {
      const own = loop ? part(traced, feeds, k, count) : feeds
      const values = feedsOf(traced, own, step + k, false)
      for (const probe of probes) ranges.after(await probe.run(values), { step: step + k, loop, turn: k })
      await once(own, step + k, k)
    }
    return undefined
  } catch (error) {
    return error instanceof OutOfRangeError ? error : undefined
  } finally {
    restore()
  }
}

/** Returns `error` with the names of the layers that contain the operator that failed, if there are any. */
export function inLayers(error: unknown, retrace: () => Traced): unknown {
  if (!(error instanceof DeviceError) || error.op === undefined) return error
  const layers = new Map<Tensor, string>()
  const traced = observeCalls((place, x, output) => {
    const sources = (t: Tensor): readonly Tensor[] => (t === x || layers.has(t) ? [] : t.inputs)
    for (const t of topological([output], sources)) if (t !== x && !layers.has(t)) layers.set(t, place)
  }, retrace)
  const failing = topological(rootsOf(traced)).filter((t) => t.op === error.op)
  const named = [...new Set(failing.flatMap((t) => layers.get(t) ?? []))]
  return named.length > 0 && named.length <= 3 ? error.inLayers(named) : error
}
