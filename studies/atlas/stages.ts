import { looks, trainedArms } from './arms.ts'
import type { Book } from './book.ts'
import { type Cell, norms, schedules } from './cell.ts'
import { effectsOf, isOpen } from './effects.ts'
import { type Arm, race } from './race.ts'

const seedsUpTo = (count: number): number[] => Array.from({ length: count }, (_, seed) => seed)

const allArms: readonly Arm[] = norms.flatMap((norm) => schedules.map((schedule) => ({ norm, schedule })))

/** Chooses each arm's rate, then trains at that rate from the fresh seeds of the first look. */
export async function fresh(book: Book, arms: readonly Arm[] = allArms): Promise<void> {
  const { steps } = book.cell
  for (const arm of arms) {
    const { lr } = await race(book, arm)
    for (const seed of seedsUpTo(looks[0]!)) await book.outcome({ ...arm, lr, steps, seed })
  }
}

/** The schedule whose rates are all trained in full. */
export const windowSchedule = 'linear'

/** Trains all rates in full, with one schedule, from the seeds of the first look. */
export async function windows(book: Book): Promise<void> {
  const { steps } = book.cell
  for (const norm of norms) {
    const { tried } = await race(book, { norm, schedule: windowSchedule })
    for (const lr of tried) {
      for (const seed of seedsUpTo(looks[0]!)) {
        await book.outcome({ norm, schedule: windowSchedule, lr, steps, seed })
      }
    }
  }
}

/** Trains the arms of questions that are open from as many seeds as a further look has. */
export async function more(book: Book, seeds: number): Promise<void> {
  const effects = effectsOf(await trainedArms(book.recorded), undefined)
  const open = effects.filter((effect) => effect.question.grows && isOpen(effect))
  const { steps } = book.cell
  for (const { norm, schedule, lr } of new Set(open.flatMap(({ arms }) => arms ?? []))) {
    for (const seed of seedsUpTo(seeds)) await book.outcome({ norm, schedule, lr, steps, seed })
  }
}

/** A smaller form of a cell, for tests: short runs at one rate. */
export const quick = (cell: Cell): Cell => ({
  ...cell,
  steps: 150,
  rates: { none: [cell.rates.none[2]!], batch: [cell.rates.batch[2]!], layer: [cell.rates.layer[2]!] },
  fixedRates: true,
})

/** Whether a cell is the quick one: the smallest on data of the package. */
export const isQuick = ({ id }: Cell): boolean => id === 'vision-mlp'
