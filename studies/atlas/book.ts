import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { dirname, join } from 'node:path'
import { versions } from '../results.ts'
import type { Cell, Parts } from './cell.ts'
import { learn, type Outcome, type Plan } from './learner.ts'

/** Runs of one cell by key, as stored. */
export interface Stored {
  readonly cell: string
  readonly steps: number
  readonly versions: Readonly<Record<string, string>>
  /** CPU time of all runs together. */
  readonly cpuSeconds: number
  readonly runs: Readonly<Record<string, Outcome>>
}

export const folder: string = join(import.meta.dirname, '../results/atlas')

export const fileOf = (id: string, within: string = folder): string => join(within, `${id}.json`)

/** A run's plan as text: `batch linear 0.1 600 seed 0`, then ` decay 0.001` if there is any. */
export const keyOf = ({ norm, schedule, lr, steps, seed, weightDecay = 0 }: Plan): string =>
  `${norm} ${schedule} ${lr} ${steps} seed ${seed}${weightDecay > 0 ? ` decay ${weightDecay}` : ''}`

/** Reads the stored runs of a cell; undefined if there are none. */
export const stored = (id: string, within: string = folder): Stored | undefined =>
  existsSync(fileOf(id, within)) ? JSON.parse(readFileSync(fileOf(id, within), 'utf8')) : undefined

/** Seed of the runs that choose a rate, which never measure the test part. */
export const choosingSeed = 1000

/** Runs of one cell. */
export interface Runs {
  readonly cell: Cell
  /** Returns what came out of a plan. @throws {NotRun} when it has not been run and runs are only read. */
  outcome(plan: Plan): Promise<Outcome>
}

/** Says that a plan has not been run. */
export class NotRun extends Error {}

/** The runs in a cell's file, and those that are added to it one by one. */
export class Book implements Runs {
  readonly cell: Cell
  readonly #file: string
  readonly #runs: Record<string, Outcome>
  readonly #parts = new Map<number, Parts>()
  #cpu: number

  constructor(cell: Cell, within: string = folder) {
    this.cell = cell
    this.#file = fileOf(cell.id, within)
    const known = stored(cell.id, within)
    this.#runs = { ...known?.runs }
    this.#cpu = known?.cpuSeconds ?? 0
  }

  /** What came out, by key. */
  get runs(): Readonly<Record<string, Outcome>> {
    return this.#runs
  }

  /** CPU time of all runs together, in seconds. */
  get cpuSeconds(): number {
    return this.#cpu
  }

  /** The same runs, read only. */
  get recorded(): Runs {
    const outcome = async (plan: Plan): Promise<Outcome> => {
      const known = this.#runs[keyOf(plan)]
      if (known === undefined) throw new NotRun(`${this.cell.id}: ${keyOf(plan)} has not been run`)
      return known
    }
    return { cell: this.cell, outcome }
  }

  /** Returns what came out of a plan; runs it unless it has been run. */
  async outcome(plan: Plan): Promise<Outcome> {
    const key = keyOf(plan)
    const known = this.#runs[key]
    if (known) return known
    const before = process.cpuUsage()
    const outcome = rounded(await this.#learned(plan))
    const { user, system } = process.cpuUsage(before)
    this.#cpu += (user + system) / 1e6
    this.#runs[key] = outcome
    this.#store()
    return outcome
  }

  /** An error ends the run, not the cell. */
  async #learned(plan: Plan): Promise<Outcome> {
    try {
      return await learn(this.cell, plan, this.#partsOf(plan.seed), plan.seed !== choosingSeed)
    } catch (error) {
      return { diverged: false, failed: String(error) }
    }
  }

  #partsOf(seed: number): Parts {
    if (!this.#parts.has(seed)) this.#parts.set(seed, this.cell.parts(seed))
    return this.#parts.get(seed)!
  }

  #store(): void {
    const { id, steps } = this.cell
    const all: Stored = {
      cell: id,
      steps,
      versions: versions(cpus()[0]?.model.trim() ?? 'unknown'),
      cpuSeconds: Number(this.#cpu.toFixed(1)),
      runs: this.#runs,
    }
    mkdirSync(dirname(this.#file), { recursive: true })
    writeFileSync(`${this.#file}.new`, `${JSON.stringify(all, null, 1)}\n`)
    renameSync(`${this.#file}.new`, this.#file)
  }
}

/** The same outcome with numbers of 6 digits, so that files stay small. */
const rounded = (outcome: Outcome): Outcome =>
  JSON.parse(
    JSON.stringify(outcome, (_, value) =>
      typeof value === 'number' && !Number.isInteger(value) ? Number(value.toPrecision(6)) : value,
    ),
  )
