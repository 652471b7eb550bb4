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

/** The first seed whose runs measure the test part is 0; runs that choose a rate have this seed. */
export const choosingSeed = 1000

/** Runs of a cell: those in its file, and those that it adds to the file one by one. */
export class Book {
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

  /** Number of runs. */
  get size(): number {
    return Object.keys(this.#runs).length
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
