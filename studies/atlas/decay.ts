// Runs weight decay and length as factors: EVENSTEP_DATA=… npx jiti studies/atlas/decay.ts [CELL…]
// Results lie in studies/results/atlas-decay; runs that are stored are not repeated.
import { join } from 'node:path'
import { looks } from './arms.ts'
import { Book, NotRun, type Runs } from './book.ts'
import type { Cell } from './cell.ts'
import { cells, missing } from './cells.ts'
import type { Outcome } from './learner.ts'
import { race } from './race.ts'

/** The cells of MLPs, and one with convolutions. */
export const decayCells: readonly Cell[] = [
  'language-mlp',
  'vision-mlp',
  'language-cnn',
  'biomedicine-mlp',
].map((id) => cells.find((cell) => cell.id === id)!)

/** Weight decay as a multiple of the one that turns weights before BN by 0.03 rad a step, once their norm settled. */
export const decays = [0, 1, 10] as const
/** Length as a multiple of the cell's. */
export const lengths = [1, 4] as const
export const decayNorms = ['none', 'batch'] as const
export const decaySchedules = ['constant', 'linear'] as const
const seeds = Array.from({ length: looks.at(-1)! }, (_, seed) => seed)

/** An arm: a normalization, a schedule, a weight decay and a length. */
export interface DecayArm {
  readonly norm: (typeof decayNorms)[number]
  readonly schedule: (typeof decaySchedules)[number]
  readonly decay: (typeof decays)[number]
  readonly length: (typeof lengths)[number]
}

const within = join(import.meta.dirname, '../results/atlas-decay')

/** λ from 0.03 = √(2ηλ/(1 − μ)), the angle of a step in equilibrium, for SGD with a momentum μ of 0.9. */
export const angleDecay = (lr: number): number => Number(((0.03 ** 2 * 0.1) / (2 * lr)).toPrecision(2))

/** Trains, or reads, one arm at the rate that the arm without decay has chosen. */
async function trained(main: Runs, own: Runs, arm: DecayArm, seed: number): Promise<Outcome> {
  const { norm, schedule, decay, length } = arm
  const { lr } = await race(main, { norm, schedule })
  const steps = length * own.cell.steps
  return own.outcome({ norm, schedule, lr, steps, seed, weightDecay: decay * angleDecay(lr) })
}

export const decayArms: readonly DecayArm[] = lengths.flatMap((length) =>
  decaySchedules.flatMap((schedule) =>
    decayNorms.flatMap((norm) => decays.map((decay) => ({ norm, schedule, decay, length }))),
  ),
)

/** Test losses of the arms of a cell over the seeds that all of them have. */
export interface DecayResult {
  readonly cell: Cell
  readonly seeds: number
  readonly cpuSeconds: number
  readonly runs: number
  /** By seed; undefined where a run diverged. */
  lossesOf(arm: DecayArm): readonly (number | undefined)[]
}

/** Reads what has been run of a cell; undefined if fewer than two seeds have run. */
export async function decayResult(cell: Cell): Promise<DecayResult | undefined> {
  const [main, own] = [new Book(cell).recorded, new Book(cell, within)]
  const known = new Map<string, (number | undefined)[]>()
  let count = 0
  try {
    for (const seed of seeds) {
      const found: Outcome[] = []
      for (const arm of decayArms) found.push(await trained(main, own.recorded, arm, seed))
      for (const [i, arm] of decayArms.entries()) {
        const key = JSON.stringify(arm)
        known.set(key, [...(known.get(key) ?? []), found[i]!.test?.loss])
      }
      count++
    }
  } catch (error) {
    if (!(error instanceof NotRun)) throw error // the seeds so far
  }
  if (count < 2) return undefined
  const lossesOf = ({ norm, schedule, decay, length }: DecayArm) =>
    known.get(JSON.stringify({ norm, schedule, decay, length }))!
  return { cell, seeds: count, cpuSeconds: own.cpuSeconds, runs: Object.keys(own.runs).length, lossesOf }
}

if (process.argv[1] === import.meta.filename) {
  const asked = process.argv.slice(2)
  for (const seed of seeds) {
    for (const cell of decayCells.filter(({ id }) => asked.length === 0 || asked.includes(id))) {
      const lacks = missing(cell)
      if (lacks !== undefined) {
        console.log(`${cell.id}: skipped, since ${lacks} is not there`)
        continue
      }
      const [main, own] = [new Book(cell).recorded, new Book(cell, within)]
      for (const arm of decayArms) await trained(main, own, arm, seed)
      console.log(`${cell.id}: seed ${seed}, ${own.cpuSeconds.toFixed(0)} s of CPU time so far`)
    }
  }
}
