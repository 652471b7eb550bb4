import { visible } from '../core/text.ts'
import type { StudyFacts } from '../study/analysis/analyse.ts'
import { combinationsOf, type Factors, factorValues } from '../study/factor.ts'
import type { StoredStudy } from '../study/run/watched-study.ts'
import { firstSeeds, looksOf, type Seeds } from '../study/seeds.ts'
import type { Value } from '../study/trial.ts'
import { judgeOf } from './run-results.ts'

type Description = Readonly<Record<string, unknown>>

/** Returns what the analysis of a study needs, from the description in its database. */
export function factsIn(
  name: string,
  description: Description,
  { finished, planned }: StoredStudy,
): StudyFacts {
  const factors = factorsOf(description)
  const paths = Object.keys(factors)
  const looks = looksOf(description.seeds as Seeds)
  const tried = (path: string): Value[] =>
    [...new Set(finished.map(({ settings }) => settings[path] as number))].sort((a, b) => a - b)
  const listed = (path: string) => factorValues(path, factors[path]!)
  return {
    name: visible(name),
    metric: metricOf(description),
    factors: Object.fromEntries(paths.map((path) => [path, listed(path) ?? tried(path)])),
    drawn: paths.filter((path) => listed(path) === undefined),
    repeat: {
      command: '',
      versions: {},
      study: description,
      seeds: [...new Set(planned.map(({ seed }) => seed))],
    },
    ...(looks && { looks }),
  }
}

/** Returns the number of trials of a study: those of its design, or those that are planned if these are more. */
export function trialsOf(description: Description, planned: number): number {
  const { type, trials } = Object(description.design) as { readonly type?: string; readonly trials?: number }
  const grid = combinationsOf(factorsOf(description)) * firstSeeds(description.seeds as Seeds)
  const asked = type === 'grid' ? grid : (trials ?? 0)
  return Number.isFinite(asked) ? Math.max(asked, planned) : planned
}

const factorsOf = ({ factors }: Description): Factors => factors as Factors

function metricOf({ metric, experiment }: Description): StudyFacts['metric'] {
  const { metrics } = Object(experiment) as Description
  const judge = judgeOf({ monitor: metric, metrics })
  return judge.name === metric ? judge : { name: String(metric), goal: 'min' }
}
