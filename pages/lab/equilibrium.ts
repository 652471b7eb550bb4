import type { NetRun } from './net-run.ts'

/**
 * Returns the angle by which a step turns weights whose decay and rate hold each other, √(2ηλ/(1 + μ)), at each point of
 * a run's rate; undefined for a net without decay or without normalization.
 *
 * Source: Wan et al. 2020, https://arxiv.org/abs/2006.08419, for SGD with momentum μ.
 */
export function equilibriumOf({ series, setting: { net } }: NetRun): readonly number[] | undefined {
  const rate = series.get('rate')
  const end =
    net.changes.find(({ kind }) => kind === 'noDecay' || kind === 'decayFree')?.step ??
    Number.POSITIVE_INFINITY
  if (rate === undefined || net.weightDecay === 0 || end === 0 || net.normalization !== 'batch')
    return undefined
  return rate.y.map((value, i) =>
    rate.x[i]! < end ? Math.sqrt((2 * value * net.weightDecay) / (1 + net.momentum)) : Number.NaN,
  )
}
