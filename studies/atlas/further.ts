// Runs further schedules and normalizations: EVENSTEP_DATA=… npx jiti studies/atlas/further.ts [CELL…]
// Results lie in studies/results/atlas-further; runs that are stored are not repeated.
import { join } from 'node:path'
import { looks } from './arms.ts'
import { Book, NotRun, type Runs } from './book.ts'
import type { Cell } from './cell.ts'
import { cells, missing } from './cells.ts'
import type { Outcome } from './learner.ts'
import { type Arm, race } from './race.ts'

/** Digits, names and splice, the cells of MLPs, and messages, one with convolutions. */
export const furtherCells: readonly Cell[] = cells.filter(
  ({ kind, id }) => kind === 'MLP' || id === 'language-cnn',
)

const within = join(import.meta.dirname, '../results/atlas-further')
const seeds = Array.from({ length: looks.at(-1)! }, (_, seed) => seed)

const furtherSchedules = ['cosine', 'wsd', 'step', 'rex'] as const
const furtherNorms = ['layer', 'group', 'dyt', 'skipInit'] as const

/** Two arms: the second is what the first is compared with. */
export interface Pair {
  readonly arm: Arm
  readonly reference: Arm
}

const linear = (norm: Arm['norm']): Arm => ({ norm, schedule: 'linear' })

/** Further schedules against linear, with BN and without; further normalizations against BN, with a linear decay. */
const ofMlps: readonly Pair[] = [
  ...(['batch', 'none'] as const).flatMap((norm) =>
    furtherSchedules.map((schedule) => ({ arm: { norm, schedule }, reference: linear(norm) })),
  ),
  ...furtherNorms.map((norm) => ({ arm: linear(norm), reference: linear('batch') })),
]
/** Convolutions with standardized weights against those without any normalization, and against BN. */
const ofConvolutions: readonly Pair[] = (['none', 'batch'] as const).map((norm) => ({
  arm: linear('standardized'),
  reference: linear(norm),
}))

export const furtherPairs: readonly Pair[] = [...ofMlps, ...ofConvolutions]

/** The pairs that a cell compares. */
export const pairsOf = ({ kind }: Cell): readonly Pair[] => (kind === 'CNN' ? ofConvolutions : ofMlps)

/** The arms of a cell's pairs, each once. */
const armsOf = (cell: Cell): readonly Arm[] => [
  linear('batch'),
  linear('none'),
  ...new Map(pairsOf(cell).map(({ arm }) => [nameOf(arm), arm])).values(),
]

const nameOf = ({ norm, schedule }: Arm): string => `${norm}, ${schedule}`

/** An arm's rate and runs, one by seed, over the seeds that all arms have. */
export interface FurtherArm {
  readonly lr: number
  readonly outcomes: readonly Outcome[]
}

/** What has been run of a cell. */
export interface FurtherResult {
  readonly cell: Cell
  readonly seeds: number
  readonly cpuSeconds: number
  readonly runs: number
  of(arm: Arm): FurtherArm
}

/** Trains, or reads, an arm from one seed at the rate that its race chooses. */
async function trained(runs: Runs, arm: Arm, seed: number): Promise<{ lr: number; outcome: Outcome }> {
  const { lr } = await race(runs, arm)
  return { lr, outcome: await runs.outcome({ ...arm, lr, steps: runs.cell.steps, seed }) }
}

/** Reads what has been run of a cell; undefined if fewer than two seeds have run. */
export async function furtherResult(cell: Cell): Promise<FurtherResult | undefined> {
  const book = new Book(cell, within)
  const arms = armsOf(cell)
  const known = new Map<string, { lr: number; outcomes: Outcome[] }>()
  let count = 0
  try {
    for (const seed of seeds) {
      const found = await Promise.all(arms.map((arm) => trained(book.recorded, arm, seed)))
      for (const [i, { lr, outcome }] of found.entries()) {
        const name = nameOf(arms[i]!)
        known.set(name, { lr, outcomes: [...(known.get(name)?.outcomes ?? []), outcome] })
      }
      count++
    }
  } catch (error) {
    if (!(error instanceof NotRun)) throw error // the seeds so far
  }
  if (count < 2) return undefined
  const { cpuSeconds, runs } = book
  return {
    cell,
    seeds: count,
    cpuSeconds,
    runs: Object.keys(runs).length,
    of: (arm) => known.get(nameOf(arm))!,
  }
}

if (process.argv[1] === import.meta.filename) {
  const asked = process.argv.slice(2)
  for (const seed of seeds) {
    for (const cell of furtherCells.filter(({ id }) => asked.length === 0 || asked.includes(id))) {
      const lacks = missing(cell)
      if (lacks !== undefined) {
        console.log(`${cell.id}: skipped, since ${lacks} is not there`)
        continue
      }
      const book = new Book(cell, within)
      for (const arm of armsOf(cell)) await trained(book, arm, seed)
      console.log(`${cell.id}: seed ${seed}, ${book.cpuSeconds.toFixed(0)} s of CPU time so far`)
    }
  }
}
