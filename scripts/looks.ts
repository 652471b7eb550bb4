// Simulates what looks at 3, 6 and 12 seeds promise and cost: npx jiti scripts/looks.ts [--studies 10000] [--seed 0]
// Or replays a finished study of 24 seeds or more, whose numbers are real: npx jiti scripts/looks.ts --study FOLDER
import { parseArgs } from 'node:util'
import { type Random, random } from '../src/core/random.ts'
import { bestOfEach, cellsOf } from '../src/study/analysis/cells.ts'
import type { Cell, Finished, Verdict } from '../src/study/analysis/findings.ts'
import { intervalAt, mayShow, verdictOn } from '../src/study/analysis/judge.ts'
import { trialsCsv } from '../src/study/trials-csv.ts'

const looks = [3, 6, 12]
const most = 12

/** Distributions of one paired difference, each with its mean. */
export const distributions: Readonly<Record<string, { mean: number; draw(source: Random): number }>> = {
  normal: { mean: 0, draw: (source) => source.normal() },
  't with 3 degrees of freedom': { mean: 0, draw: (source) => student(source, 3) },
  'lognormal, σ 0.25': { mean: Math.exp(0.25 ** 2 / 2), draw: (source) => Math.exp(0.25 * source.normal()) },
  'normal, 5 % outliers 10σ to both sides': {
    mean: 0,
    draw: (source) => source.normal() * (source.uniform() < 0.05 ? 10 : 1),
  },
  'normal, 5 % outliers 10σ to one side': {
    mean: 0.5,
    draw: (source) => source.normal() + (source.uniform() < 0.05 ? 10 : 0),
  },
}

function student(source: Random, freedom: number): number {
  let sum = 0
  for (let i = 0; i < freedom; i++) sum += source.normal() ** 2
  return source.normal() / Math.sqrt(sum / freedom)
}

const drawn = (draw: () => number): number[] => Array.from({ length: most }, draw)

/** Returns the share of studies in which the intervals of all looks hold the mean. */
export function coverage(name: string, studies: number, seed: number): number {
  const { mean, draw } = distributions[name]!
  const source = random(seed, 'coverage', name)
  let held = 0
  for (let i = 0; i < studies; i++) {
    const values = drawn(() => draw(source))
    const holds = looks.every((n) => {
      const [low, high] = intervalAt(values.slice(0, n), looks)
      return low <= mean && mean <= high
    })
    if (holds) held++
  }
  return held / studies
}

/** A verdict on paired differences, and the number of seeds that it took. */
interface Answer {
  readonly verdict: Verdict
  readonly seeds: number
}

/** The verdict of looks that stop when a difference is shown or not in sight. */
export function adaptive(differences: readonly number[]): Answer {
  for (const n of looks) {
    const own = differences.slice(0, n)
    const verdict = verdictOn(intervalAt(own, looks), { above: 0 })
    if (verdict !== 'not shown' || !mayShow(own, looks)) return { verdict, seeds: n }
  }
  return { verdict: 'not shown', seeds: most }
}

/** The verdict of 12 seeds, with one look at the end. */
const fixed = (differences: readonly number[]): Verdict =>
  verdictOn(intervalAt(differences, [most]), { above: 0 })

/** How verdicts of looks compare with those of 12 seeds. */
interface Agreement {
  /** Share of studies in which looks say what all 12 seeds of the same study say. */
  readonly adaptive: number
  /** Share in which looks say what an independent study of 12 seeds says. */
  readonly elsewhere: number
  /** Share in which two independent studies of 12 seeds say the same. */
  readonly independent: number
  /** Share in which looks show the wrong sign. */
  readonly wrong: number
  /** Seeds used, as a share of 12. */
  readonly trials: number
}

interface Pair {
  readonly a: readonly number[]
  readonly b: readonly number[]
  /** Sign of the true difference. */
  readonly sign: number
}

export function agreement(pairs: readonly Pair[]): Agreement {
  const share = (of: (pair: Pair) => number): number =>
    pairs.reduce((sum, pair) => sum + of(pair), 0) / pairs.length
  const signs: Readonly<Record<Verdict, number>> = { shown: 1, 'shown otherwise': -1, 'not shown': 0 }
  return {
    adaptive: share(({ a }) => Number(adaptive(a).verdict === fixed(a))),
    elsewhere: share(({ a, b }) => Number(adaptive(a).verdict === fixed(b))),
    independent: share(({ a, b }) => Number(fixed(a) === fixed(b))),
    wrong: share(({ a, sign }) => Number(signs[adaptive(a).verdict] * sign < 0)),
    trials: share(({ a }) => adaptive(a).seeds / most),
  }
}

/** Pairs of studies whose true differences are normal with this deviation, in units of one seed's. */
export function simulated(deviation: number, studies: number, seed: number): Pair[] {
  const source = random(seed, 'agreement', deviation)
  return Array.from({ length: studies }, () => {
    const mean = deviation * source.normal()
    const [a, b] = [0, 1].map(() => drawn(() => mean + source.normal())) as [number[], number[]]
    return { a, b, sign: Math.sign(mean) }
  })
}

/** Differences of every two cells of a study: the first 12 seeds against the next 12. */
function replayed(cells: readonly Cell[]): Pair[] {
  return cells.flatMap((first, i) =>
    cells.slice(i + 1).map((second) => {
      const all = Object.keys(first.scores).map((seed) => first.scores[seed]! - second.scores[seed]!)
      const sum = all.reduce((a, b) => a + b, 0)
      return { a: all.slice(0, most), b: all.slice(most, 2 * most), sign: Math.sign(sum) }
    }),
  )
}

/** Reads the finished trials of a study's CSV: its settings, seed and one metric. */
function trialsOf(folder: string, metric: string): Finished[] {
  const [head, ...rows] = trialsCsv(folder).map((line) => line.trimEnd().split(','))
  const at = (name: string): number => head!.indexOf(name)
  const factors = head!.slice(1, at('seed'))
  return rows.map((row) => ({
    id: Number(row[0]),
    settings: Object.fromEntries(factors.map((factor) => [factor, row[at(factor)]!])),
    seed: Number(row[at('seed')]),
    steps: Number(row[at('steps')]),
    rung: 0,
    result: {
      status: row[at('status')] as 'done',
      metrics: { [metric]: Number(row[at(metric)]) },
      steps: Number(row[at('steps')]),
      time: { training: 0, total: 0 },
      curve: { steps: [], trainLoss: [], lr: [] },
    },
  }))
}

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`

function tell(what: string, { adaptive, elsewhere, independent, wrong, trials }: Agreement): void {
  console.log(
    `${what}: looks agree with the same 12 seeds in ${percent(adaptive)}, with 12 other seeds in ` +
      `${percent(elsewhere)}, two studies of 12 seeds with each other in ${percent(independent)}; wrong sign ${percent(wrong)}; ${percent(trials)} of the trials`,
  )
}

if (process.argv[1] === import.meta.filename) {
  const { values } = parseArgs({
    options: {
      studies: { type: 'string', default: '10000' },
      seed: { type: 'string', default: '0' },
      study: { type: 'string' },
      metric: { type: 'string', default: 'validationLoss' },
    },
  })
  const [studies, seed] = [Number(values.studies), Number(values.seed)]
  if (values.study !== undefined) {
    const cells = cellsOf(trialsOf(values.study, values.metric), values.metric).filter(
      ({ scores }) => Object.keys(scores).length >= 2 * most,
    )
    const factors = Object.keys(cells[0]!.settings).filter((factor) => factor !== 'lr')
    const all = replayed(cells)
    const best = replayed(bestOfEach(cells, factors, 'min'))
    tell(`${all.length} pairs of settings`, agreement(all))
    tell(`${best.length} pairs at their best rates`, agreement(best))
  } else {
    for (const name of Object.keys(distributions)) {
      console.log(`${name}: all intervals hold the mean in ${percent(coverage(name, studies, seed))}`)
    }
    for (const deviation of [0.5, 1, 2, 3]) {
      tell(`true differences N(0, ${deviation}²)`, agreement(simulated(deviation, studies, seed)))
    }
  }
}
