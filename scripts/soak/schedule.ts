import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { Draw } from '../fuzz/reader.ts'
import { type Attack, Failure, type Group } from './attack.ts'
import type { Lab } from './lab.ts'

/** What became of an attack. */
export interface Count {
  readonly attack: Attack
  rounds: number
  tried: number
  failed: number
}

/** A round that failed. */
export interface Failed {
  readonly attack: string
  readonly round: number
  readonly message: string
  /** Its folder; undefined when enough folders of failed rounds are kept. */
  readonly folder: string | undefined
}

export interface SoakOptions {
  readonly seed: number
  /** Time after which no further round begins, as `performance.now()` gives it. */
  readonly until: number
  /** Kills, faults and commands to try in each group. */
  readonly wanted: ReadonlyMap<Group, number>
  /** Rounds run at the same time. */
  readonly lanes: number
  /** Number of the first round of each attack. */
  readonly from: number
  /** Most rounds of each attack. */
  readonly rounds: number
  /** Called after each round that failed. */
  readonly failed: (failed: Failed) => void
  readonly signal: AbortSignal
}

/** Most folders of failed rounds to keep. */
const kept = 30

/** Runs rounds of attacks, always the one that has taken least time, until groups have what is wanted or the time is over. */
export class Soak {
  readonly counts: readonly Count[]
  readonly failures: Failed[] = []
  readonly #lab: Lab
  readonly #options: SoakOptions
  /** Milliseconds that each group and each attack has taken, by name. */
  readonly #taken = new Map<string, number>()

  constructor(lab: Lab, attacks: readonly Attack[], options: SoakOptions) {
    this.#lab = lab
    this.#options = options
    this.counts = attacks
      .filter(({ group, lacking }) => options.wanted.has(group) && lacking?.() === undefined)
      .map((attack) => ({ attack, rounds: 0, tried: 0, failed: 0 }))
  }

  async run(): Promise<void> {
    await Promise.all(Array.from({ length: this.#options.lanes }, () => this.#lane()))
  }

  async #lane(): Promise<void> {
    for (;;) {
      const { until, signal } = this.#options
      if (signal.aborted || performance.now() >= until) return
      const next = this.#next()
      if (next === undefined) return
      const begun = performance.now()
      this.#take(next, 1) // so that lanes that begin together differ
      await this.#round(next)
      this.#take(next, performance.now() - begun)
    }
  }

  #take({ attack: { name, group } }: Count, time: number): void {
    for (const key of [name, group]) this.#taken.set(key, this.#timeOf(key) + time)
  }

  #timeOf(key: string): number {
    return this.#taken.get(key) ?? 0
  }

  /** Number of tries that are left to a group. */
  #left(group: Group): number {
    const tried = this.counts.reduce((sum, one) => sum + (one.attack.group === group ? one.tried : 0), 0)
    return (this.#options.wanted.get(group) ?? 0) - tried
  }

  #next(): Count | undefined {
    const open = this.counts.filter(
      ({ attack, rounds }) => this.#left(attack.group) > 0 && rounds < this.#options.rounds,
    )
    const time = ({ attack }: Count): readonly [number, number] => [
      this.#timeOf(attack.group),
      this.#timeOf(attack.name),
    ]
    const isLess = (a: Count, b: Count): boolean => {
      const [[groupA, ownA], [groupB, ownB]] = [time(a), time(b)]
      return groupA < groupB || (groupA === groupB && ownA < ownB)
    }
    return open.reduce<Count | undefined>((a, b) => (a === undefined || isLess(b, a) ? b : a), undefined)
  }

  async #round(count: Count): Promise<void> {
    const { attack } = count
    const { seed, from, failed, signal } = this.#options
    const round = from + count.rounds++
    const folder = join(this.#lab.root, `${attack.name}-${round}`)
    mkdirSync(folder)
    const messages: string[] = []
    const also = (check: () => void): void => {
      try {
        check()
      } catch (error) {
        messages.push(messageOf(error))
      }
    }
    const tried = (): void => void count.tried++
    const draw = new Draw(seed, attack.name, round)
    try {
      await attack.round({ lab: this.#lab, draw, folder, limit: this.#left(attack.group), tried, also })
    } catch (error) {
      messages.push(messageOf(error))
    }
    const isBad = messages.length > 0 && !signal.aborted
    const keep = isBad && this.failures.length < kept
    if (!keep) rmSync(folder, { recursive: true, force: true })
    if (!isBad) return
    count.failed++
    const one = {
      attack: attack.name,
      round,
      message: messages.join('\n'),
      folder: keep ? folder : undefined,
    }
    this.failures.push(one)
    failed(one)
  }
}

/** Returns the message of a failure; the stack of any other error. */
const messageOf = (error: unknown): string =>
  error instanceof Failure ? error.message : String(Object(error).stack ?? error)
