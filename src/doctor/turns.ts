import type { Variable } from '../core/variable.ts'
import { angleBetween, difference, length } from '../core/vector.ts'
import type { Batch } from '../data/loader.ts'
import type { Task } from '../train/task.ts'
import { type Matrix, numbersOf } from './matrix.ts'

/** Changes that each of several optimizer steps made to one weight w. */
export interface Turns {
  /** Angle between w before and w after each step, in radians, one per step. */
  readonly angles: readonly number[]
  /** ‖Δw‖/‖w‖ for each step: norm of the step's change of w, relative to the norm of w before the step. */
  readonly updates: readonly number[]
}

/**
 * Takes one optimizer step per batch, and measures how each step changes the weights of two or more axes.
 *
 * @param trained weights by state name
 * @param fed weights before BN (batch normalization); a bias that BN does not cancel is measured as part of its
 *   weight
 */
export async function turnsOf(
  task: Task,
  batches: readonly Batch[],
  trained: ReadonlyMap<string, Variable>,
  fed: readonly Matrix[],
): Promise<ReadonlyMap<string, Turns>> {
  const parts = new Map(fed.map((matrix) => [matrix.name, matrix.parts]))
  const watched = [...trained]
    .filter(([, { shape }]) => shape.length >= 2)
    .map(([name, weight]) => ({
      name,
      parts: parts.get(name) ?? [weight],
      angles: [] as number[],
      updates: [] as number[],
    }))
  for (const batch of batches) {
    const before = watched.map((one) => numbersOf(one.parts))
    await task.step(batch)
    for (const [i, { parts, angles, updates }] of watched.entries()) {
      const after = numbersOf(parts)
      angles.push(angleBetween(before[i]!, after))
      updates.push(length(difference(after, before[i]!)) / length(before[i]!))
    }
  }
  return new Map(watched.map(({ name, angles, updates }) => [name, { angles, updates }]))
}
