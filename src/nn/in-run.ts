import { duringRun } from '../core/run.ts'
import type { Module } from './module.ts'

type Forward = Module['forward']

/** The `forward` that each module had before `inRun` replaced it. */
const originals = new WeakMap<Module, Forward>()

/**
 * Makes a model's calls part of a run of `steps` optimizer steps, so that the lengths of schedules in its layers
 * (a momentum, a probability) may be fractions of the run. A later call replaces the number of steps.
 */
export function inRun<M extends Module>(model: M, steps: number): M {
  const forward: Forward = originals.get(model) ?? model.forward
  originals.set(model, forward)
  const value = (...inputs: Parameters<Forward>): ReturnType<Forward> =>
    duringRun(steps, () => forward.apply(model, inputs))
  return Object.defineProperty(model, 'forward', { value, configurable: true, writable: true })
}
