import type { Book } from './book.ts'
import { type Cell, norms, schedules } from './cell.ts'
import { race } from './race.ts'

/** Seeds of the first look. */
export const firstSeeds: readonly number[] = [0, 1, 2]

/** Chooses each arm's rate, then trains at that rate from fresh seeds. */
export async function fresh(book: Book): Promise<void> {
  const { steps } = book.cell
  for (const norm of norms) {
    for (const schedule of schedules) {
      const { lr } = await race(book, { norm, schedule })
      for (const seed of firstSeeds) await book.outcome({ norm, schedule, lr, steps, seed })
    }
  }
}

/** The schedule whose rates are all trained in full. */
export const windowSchedule = 'linear'

/** Trains all rates in full, with one schedule, from fresh seeds. */
export async function windows(book: Book): Promise<void> {
  const { steps } = book.cell
  for (const norm of norms) {
    const { tried } = await race(book, { norm, schedule: windowSchedule })
    for (const lr of tried) {
      for (const seed of firstSeeds) await book.outcome({ norm, schedule: windowSchedule, lr, steps, seed })
    }
  }
}

/** A smaller form of a cell, for tests: short runs at three rates. */
export const quick = (cell: Cell): Cell => ({
  ...cell,
  steps: 150,
  rates: {
    none: cell.rates.none.slice(1, 4),
    batch: cell.rates.batch.slice(1, 4),
    layer: cell.rates.layer.slice(1, 4),
  },
})
