import { duringRun } from '../core/run.ts'
import type { Module } from './module.ts'

type Forward = Module['forward']

/** Original `forward` of each module whose `forward` was replaced by `inRun`. */
const originals = new WeakMap<Module, Forward>()

/**
 * Tells a model that it is called in a run of `steps` optimizer steps, so that the lengths of schedules in its layers
 * (of a momentum or probability) may be fractions of the run. A later call replaces the number of steps.
 */
export function inRun<M extends Module>(model: M, steps: number): M {
  const forward: Forward = originals.get(model) ?? model.forward
  originals.set(model, forward)
  const value = (...inputs: Parameters<Forward>): ReturnType<Forward> =>
    duringRun(steps, () => forward.apply(model, inputs))
  return Object.defineProperty(model, 'forward', { value, configurable: true, writable: true })
}
