import { jsonIn } from '../core/json.ts'
import { logFile } from '../train/event-log.ts'
import { type PieceReader, withPieces } from './file-pieces.ts'

/** What the ends of a run's log and some places in between say, without reading it all. */
export interface Glance {
  /** Number of steps that are logged. */
  readonly steps: number
  readonly total?: number
  /** The last line about an end: of the run, or that it diverged. */
  readonly ended?: 'ended' | 'diverged'
  /** Training losses, evenly spaced over the log. */
  readonly losses: readonly (number | null)[]
  /** Last epoch line; absent if there is none near the end. */
  readonly epoch?: Readonly<Record<string, unknown>>
}

type Line = Readonly<Record<string, unknown>>

/** Number of losses. */
const samples = 40

/** Bytes that are read at each end. */
const ends = 1 << 16

/** Bytes that are read at each place in between: some lines, if few quantities are logged. */
const between = 2048

const nothing: Glance = { steps: 0, losses: [] }

/** Looks at the log in a run's folder: reads at most 200 KiB, however long the log is. */
export const glanceAt = (folder: string): Glance => withPieces(logFile(folder), glance) ?? nothing

function glance(file: PieceReader): Glance {
  const first = linesIn(file.read(0, Math.min(file.size, ends)), true)
  const isWhole = file.size <= ends
  const last = isWhole ? first : linesIn(file.read(file.size - ends, ends), false)
  const steps = last.findLast(({ type }) => type === 'step')?.step
  const start = first.find(({ type }) => type === 'start')
  const epoch = last.findLast(({ type }) => type === 'epoch')
  const end = last.findLast(({ type }) => ['start', 'end', 'diverged'].includes(String(type)))?.type
  const losses = isWhole ? thinned(first.filter(isStep)) : sampled(file, last)
  return {
    steps: typeof steps === 'number' ? steps + 1 : 0,
    ...(typeof start?.steps === 'number' && { total: start.steps }),
    ...(end === 'end' ? { ended: 'ended' } : end === 'diverged' ? { ended: 'diverged' } : {}),
    losses: losses.map(({ loss }) => (typeof loss === 'number' ? loss : null)),
    ...(epoch && { epoch }),
  }
}

const isStep = ({ type }: Line): boolean => type === 'step'

/** Returns at most `samples` lines, evenly spaced, with the last. */
const thinned = (lines: readonly Line[]): Line[] => {
  const count = Math.min(samples, lines.length)
  return Array.from({ length: count }, (_, i) => lines[Math.ceil(((i + 1) * lines.length) / count) - 1]!)
}

function sampled(file: PieceReader, last: readonly Line[]): Line[] {
  const places = Array.from({ length: samples - 1 }, (_, i) => Math.floor((i * file.size) / samples))
  const found = places.flatMap((place): Line[] =>
    linesIn(file.read(place, between), place === 0)
      .filter(isStep)
      .slice(0, 1),
  )
  return [...found, ...last.filter(isStep).slice(-1)]
}

/** Returns the whole lines in a piece of a log. @param isStart whether the piece starts with a line */
function linesIn(piece: Uint8Array, isStart: boolean): Line[] {
  const lines = new TextDecoder().decode(piece).split('\n')
  return lines.slice(isStart ? 0 : 1, -1).flatMap((text): Line[] => {
    const line = jsonIn(text)
    return typeof line === 'object' && line !== null && !Array.isArray(line) ? [line as Line] : []
  })
}
