import type { Draw } from '../fuzz/reader.ts'
import type { Lab } from './lab.ts'

/** A property that an attack found violated. */
export class Failure extends Error {
  override readonly name = 'Failure'
}

/** One attempt at an attack. Everything random in it comes from `draw`, so that it can be repeated. */
export interface Round {
  readonly lab: Lab
  readonly draw: Draw
  /** An empty folder, which is kept if the round fails. */
  readonly folder: string
  /** Most kills or faults to count. */
  readonly limit: number
  /** Counts a kill, fault or command that was tried. */
  tried(): void
  /** Runs a check whose failure is reported at the end of the round, which continues. */
  also(check: () => void): void
}

/** Attacks share the count and the time that is given to their group. */
export const groups = ['kills', 'study-kills', 'shared-kills', 'faults', 'concurrent', 'damage'] as const

export type Group = (typeof groups)[number]

/** A way to disturb the command line. */
export interface Attack {
  readonly name: string
  readonly group: Group
  /** Returns why this machine cannot run the attack; undefined if it can. */
  readonly lacking?: () => string | undefined
  /** @throws {Failure} when a result is lost or differs, or a command ends in a way that it must not. */
  round(round: Round): Promise<void>
}
