import { study } from 'evenstep'
import { chosenArm, score, type TrainedArm, trainedArms } from './arms.ts'
import { Book, NotRun, type Runs } from './book.ts'
import { type Cell, norms } from './cell.ts'
import { cells } from './cells.ts'
import { type Effect, effectsOf, measuredEffect, type Question, questions } from './effects.ts'
import type { Outcome } from './learner.ts'
import { type Window, windowsOf } from './windows.ts'

/** What is known about a cell. */
export interface Found {
  readonly cell: Cell
  readonly counts: Counts
  /** Absent until all arms have run from the seeds of the first look. */
  readonly result?: Result
}

export interface Counts {
  readonly runs: number
  readonly diverged: number
  readonly failed: number
  readonly cpuSeconds: number
}

export interface Result {
  readonly arms: readonly TrainedArm[]
  readonly windows: readonly Window[] | undefined
  readonly effects: readonly Effect[]
  /** The arm with the lowest validation loss, and what it reached of what the gate asks for. */
  readonly best: TrainedArm
  readonly reached: number
  readonly counts: boolean
}

/** A question's answers over the cells that count. */
export interface Together {
  readonly question: Question
  readonly effects: readonly { readonly cell: Cell; readonly effect: Effect }[]
  /** Absent for fewer than 2 cells. */
  readonly meta?: study.MetaAnalysis
}

/** Reads what has been run of every cell. */
export async function findings(within?: string, of: readonly Cell[] = cells): Promise<readonly Found[]> {
  return Promise.all(of.map((cell) => foundOf(cell, new Book(cell, within))))
}

async function foundOf(cell: Cell, book: Book): Promise<Found> {
  const all = Object.values(book.runs)
  const counts = {
    runs: all.length,
    diverged: all.filter(({ diverged }) => diverged).length,
    failed: all.filter(({ failed }) => failed !== undefined).length,
    cpuSeconds: book.cpuSeconds,
  }
  const result = await unlessNotRun(() => resultOf(book.recorded))
  return { cell, counts, ...(result && { result }) }
}

async function resultOf(runs: Runs): Promise<Result> {
  const arms = await trainedArms(runs)
  const windows = await unlessNotRun(() => windowsOf(runs))
  const best = norms.map((norm) => chosenArm(arms, norm)).reduce((a, b) => (score(b) < score(a) ? b : a))
  const reached = meanOver(best, (outcome) => reachedOf(runs.cell, outcome))
  const { measure, value, precision = 0 } = runs.cell.gate
  const precise = precision === 0 || meanOver(best, precisionOf) >= precision
  const counts = (measure === 'loss' ? reached <= value : reached >= value) && precise
  return { arms, windows, effects: effectsOf(arms, windows), best, reached, counts }
}

async function unlessNotRun<T>(make: () => Promise<T>): Promise<T | undefined> {
  try {
    return await make()
  } catch (error) {
    if (error instanceof NotRun) return undefined
    throw error
  }
}

/** The mean over the seeds that did not diverge. */
export function meanOver({ outcomes }: TrainedArm, of: (outcome: Outcome) => number): number {
  const known = [...outcomes.values()].filter(({ test }) => test !== undefined).map(of)
  return known.reduce((a, b) => a + b, 0) / known.length
}

/** What a run reached of what the gate asks for; for heartbeats, the mean sensitivity of classes S and V. */
function reachedOf({ gate }: Cell, { test }: Outcome): number {
  if (gate.measure !== 'sensitivity') return test![gate.measure]
  const [, s, v] = test!.sensitivity!
  return (s! + v!) / 2
}

/** The mean precision of heartbeats of classes S and V. */
export function precisionOf({ test }: Outcome): number {
  const [, s, v] = test!.precision!
  return (s! + v!) / 2
}

/** Why a cell has no result. */
export const lack = ({ counts: { runs } }: Found): string =>
  runs > 0 ? `${runs} runs so far, not all that a result needs` : 'not run yet'

/** The answers over the cells that count. */
export const together = (all: readonly Found[]): readonly Together[] =>
  questions.map((question) => {
    const effects = all.flatMap(({ cell, result }) => {
      const effect = result?.counts && result.effects.find((one) => one.question === question)
      return effect ? [{ cell, effect }] : []
    })
    const measured = effects.flatMap(({ effect }) => measuredEffect(effect) ?? [])
    return { question, effects, ...(measured.length > 1 && { meta: study.metaAnalysis(measured) }) }
  })
