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

const lineFeed = 10

const utf8 = new TextDecoder()

type Line = Readonly<Record<string, unknown>>

/** Number of losses. */
const samples = 40

/** Bytes that are read at the end. */
const ends = 1 << 15

/** Bytes that are read at each place in between: some lines, if few quantities are logged. */
const between = 2048

const nothing: Glance = { steps: 0, losses: [] }

/** Looks at the log in a run's folder: reads at most 120 KiB, however long the log is. */
export const glanceAt = (folder: string): Glance => withPieces(logFile(folder), glance) ?? nothing

function glance(file: PieceReader): Glance {
  const isWhole = file.size <= ends
  const first = linesIn(file.read(0, Math.min(file.size, isWhole ? ends : between)), true)
  const last = isWhole ? first : linesIn(file.read(file.size - ends, ends), false)
  const step = parsed(last.findLast(isOf('step')))
  const start = parsed(first.find(isOf('start')))
  const epoch = parsed(last.findLast(isOf('epoch')))
  const end = parsed(last.findLast((line) => endings.some((type) => isOf(type)(line))))
  const losses = isWhole ? thinned(first.filter(isOf('step'))) : sampled(file, last)
  return {
    steps: typeof step?.step === 'number' ? step.step + 1 : 0,
    ...(typeof start?.steps === 'number' && { total: start.steps }),
    ...(end?.type === 'end' ? { ended: 'ended' } : end?.type === 'diverged' ? { ended: 'diverged' } : {}),
    losses: losses.map((line) => {
      const { loss } = parsed(line) ?? {}
      return typeof loss === 'number' ? loss : null
    }),
    ...(epoch && { epoch }),
  }
}

/** Types of lines of which the last says whether a run has ended: one that was lengthened goes on after its end. */
const endings = ['start', 'end', 'diverged']

/** Returns a function that tells whether a line is of a type, without parsing it: that takes most of the time. */
const isOf =
  (type: string) =>
  (line: string): boolean =>
    line.startsWith(`{"type":"${type}"`)

function parsed(text: string | undefined): Line | undefined {
  const line = text === undefined ? undefined : jsonIn(text)
  return typeof line === 'object' && line !== null ? (line as Line) : undefined
}

/** Returns at most `samples` lines, evenly spaced, with the last. */
const thinned = (lines: readonly string[]): string[] => {
  const count = Math.min(samples, lines.length)
  return Array.from({ length: count }, (_, i) => lines[Math.ceil(((i + 1) * lines.length) / count) - 1]!)
}

function sampled(file: PieceReader, last: readonly string[]): string[] {
  const places = Array.from({ length: samples - 1 }, (_, i) => Math.floor((i * file.size) / samples))
  const found = places.flatMap((place) => stepIn(file.read(place, between)) ?? [])
  return [...found, ...last.filter(isOf('step')).slice(-1)]
}

/** Returns the first whole line of a step in a piece of a log, if there is one after the first two line feeds. */
function stepIn(piece: Uint8Array): string | undefined {
  let from = piece.indexOf(lineFeed) + 1
  for (let tries = 0; from > 0 && tries < 2; tries++) {
    const to = piece.indexOf(lineFeed, from)
    if (to < 0) return undefined
    const line = utf8.decode(piece.subarray(from, to))
    if (isOf('step')(line)) return line
    from = to + 1
  }
  return undefined
}

/** Returns the whole lines in a piece of a log. @param isStart whether the piece starts with a line */
const linesIn = (piece: Uint8Array, isStart: boolean): string[] =>
  new TextDecoder()
    .decode(piece)
    .split('\n')
    .slice(isStart ? 0 : 1, -1)
