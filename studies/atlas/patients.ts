import { random } from 'evenstep'
import type { TrainedArm } from './arms.ts'

/** The mean over groups, such as patients, of a logarithm of a ratio of losses, with its percentile interval. */
export interface Bootstrapped {
  readonly count: number
  readonly mean: number
  readonly low: number
  readonly high: number
}

const resamples = 2000

/** Resamples the groups of the test part; undefined if it has none. */
export function bootstrapped(a: TrainedArm, b: TrainedArm): Bootstrapped | undefined {
  const seeds = [...a.outcomes.keys()].filter((seed) => groupsOf(a, seed) && groupsOf(b, seed))
  if (seeds.length === 0) return undefined
  const names = Object.keys(groupsOf(a, seeds[0]!)!)
  const values = names.map((name) =>
    average(seeds.map((seed) => Math.log(groupsOf(a, seed)![name]! / groupsOf(b, seed)![name]!))),
  )
  const stream = random('patients')
  const means = Float64Array.from({ length: resamples }, () =>
    average(values.map(() => values[Math.floor(stream.uniform(0, values.length))]!)),
  ).sort()
  const at = (share: number): number => means[Math.round(share * (resamples - 1))]!
  return { count: values.length, mean: average(values), low: at(0.025), high: at(0.975) }
}

const groupsOf = ({ outcomes }: TrainedArm, seed: number): Readonly<Record<string, number>> | undefined =>
  outcomes.get(seed)?.test?.groups

const average = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length
