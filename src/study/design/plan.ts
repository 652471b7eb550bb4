import { mismatch } from '../../core/mismatch.ts'
import type { Finished } from '../analysis/findings.ts'
import { combinations, combinationsOf } from '../factor.ts'
import { type Asked, type Design, pairs, type Space, trialKey } from './design.ts'
import { race, raceLength } from './racing.ts'
import { sample } from './sample.ts'
import { tpe } from './tpe.ts'

/**
 * Every trial that a design asks for, as far as it can tell from what is finished: a pure function, so that to resume is
 * to ask again. It goes on while more trials are finished than before; trials that it asked for once stay, in their order.
 */
export function plan(design: Design, space: Space, finished: readonly Finished[]): readonly Asked[] {
  const known = new Map(finished.map((one) => [trialKey(one), one]))
  switch (design.type) {
    case 'grid': {
      const all = combinations(space.factors)
      const trials = all.map((settings) => pairs(space, settings, space.stepsOf(settings)))
      // Seed by seed: every combination is seen once before one is seen twice.
      return space.seeds.flatMap((_, i) => trials.map((pair) => pair[i]!))
    }
    case 'random':
    case 'halton':
      return sample(design.type, space, design.trials / space.seeds.length).flatMap((settings) =>
        pairs(space, settings, space.stepsOf(settings)),
      )
    case 'tpe':
      return tpe(space, design.trials / space.seeds.length, known)
    case 'racing':
      return race(design, space, known)
  }
}

/** How many trials a design asks for in all; a race in which some diverge has fewer. */
export function lengthOf(design: Design, space: Space): number {
  if (design.type === 'racing') return raceLength(design, space) * space.seeds.length
  return design.type === 'grid' ? combinationsOf(space.factors) * space.seeds.length : design.trials
}

/** @throws {ArgumentError} when the design does not suit the space. */
export function checkPlan(design: Design, { factors, seeds }: Pick<Space, 'factors' | 'seeds'>): void {
  const all = combinationsOf(factors)
  if (design.type === 'racing') {
    const { candidates } = design
    if (candidates === undefined && !Number.isFinite(all)) {
      throw mismatch('study', 'design.candidates where a factor is a range without a count', undefined)
    }
    if (candidates !== undefined && candidates > all) {
      throw mismatch('study', `design.candidates up to ${all}, as many as there are combinations`, candidates)
    }
    return
  }
  if (design.type === 'grid') {
    combinations(factors)
    return
  }
  const { trials } = design
  if (trials % seeds.length !== 0) {
    const near = Math.max(1, Math.round(trials / seeds.length)) * seeds.length
    throw mismatch('study', `design.trials as a multiple of the ${seeds.length} seeds`, trials, `use ${near}`)
  }
  if (trials > all * seeds.length) {
    const most = all * seeds.length
    throw mismatch(
      'study',
      `design.trials up to ${most}, as many as there are combinations and seeds`,
      trials,
    )
  }
}
