import { sha256 } from '#platform'
import { type Tensor, topological } from '../core/tensor.ts'
import { loopModel, readsOf, rootsOf, stepModel, type Traced } from './traced.ts'

/** Number of models to keep: those of a training step and its evaluation, and their rivals of other batch sizes. */
const most = 8

/** Bytes of the ONNX models written so far, keyed by graph; the least recently used first. */
const kept = new Map<string, Uint8Array>()

/**
 * Returns the bytes of the ONNX model that runs a traced step once, or K times in one `Loop`. A graph that is the same as
 * one of the last few is not written again: simplifying and writing it takes most of the time to compile a small graph
 * that a process has a session for, as in the trials of a study, which differ in seeds and schedules.
 */
export function writtenModel(traced: Traced, looped: boolean): Uint8Array {
  const write = (): Uint8Array => (looped ? loopModel(traced) : stepModel(traced))
  if (numbersIn(traced) > mostNumbers) return write()
  const key = `${looped} ${structureOf(traced)}`
  const model = kept.get(key) ?? write()
  kept.delete(key)
  kept.set(key, model)
  if (kept.size > most) kept.delete(kept.keys().next().value!)
  return model
}

/** Most numbers in the constants of a model that is kept: those with pretrained weights would fill the memory. */
const mostNumbers = 2 ** 18

const numbersIn = (traced: Traced): number =>
  topological(rootsOf(traced)).reduce((sum, { data }) => sum + (data?.length ?? 0), 0)

/** Replaces numbers that JSON has no form for. */
const exactly = (_: string, value: unknown): unknown =>
  typeof value === 'number' && (!Number.isFinite(value) || Object.is(value, -0))
    ? `${1 / value} ${value}`
    : value

/** Returns attributes as JSON; most nodes have none, and JSON by a function is slow. */
const exactText = (attributes: Tensor['attributes']): string =>
  Object.keys(attributes).length === 0 ? '' : JSON.stringify(attributes, exactly)

/** Returns a hash of all that the model of a traced step depends on: its nodes, constants, and names. */
function structureOf(traced: Traced): string {
  const { inputs, variables, scheduled, outputs } = traced
  const reads = readsOf(inputs, variables, scheduled)
  const places = new Map<Tensor, number>()
  const place = (t: Tensor | undefined): number | undefined => t && places.get(t)
  const hash = sha256()
  const within = (t: Tensor): readonly Tensor[] => (t.body ? [...t.inputs, ...t.body.outputs] : t.inputs)
  const nodes = topological([...reads.map(([, read]) => read), ...rootsOf(traced)], within).map((t) => {
    const { op, inputs, attributes, shape, dtype, output, data, body } = t
    if (data) hash.update(Float64Array.from(data))
    places.set(t, places.size)
    const graph = body && [body.inputs.map(place), body.outputs.map(place), body.taken]
    return [op, inputs.map(place), exactText(attributes), shape, dtype, output, data?.length, graph]
  })
  const names = [
    [...inputs].map(([name, { read, fixed }]) => [name, place(read), fixed]),
    [...variables].map(([name, { read, written }]) => [name, place(read), place(written)]),
    [...scheduled].map(([name, { read }]) => [name, place(read)]),
    [...outputs].map(([name, t]) => [name, place(t)]),
  ]
  hash.update(JSON.stringify([nodes, names]))
  return hash.hex()
}
