import { jsonIn } from '../core/json.ts'
import { logFile } from '../train/event-log.ts'
import { type PieceReader, withPieces } from './file-pieces.ts'

/** What the ends of a run's log say, without reading it all. */
export interface Glance {
  /** Number of steps that are logged. */
  readonly steps: number
  readonly total?: number
  /** The last line about an end: of the run, or that it diverged. */
  readonly ended?: 'ended' | 'diverged'
  /** Training loss of the last step; null if it is not finite, absent before the first step. */
  readonly loss?: number | null
  /** Last epoch line; absent if there is none near the end. */
  readonly epoch?: Line
}

type Line = Readonly<Record<string, unknown>>

const lineFeed = '\n'

/** Number of losses that stand for the course of a run. */
const samples = 40

/** Bytes that are read at the end. */
const ends = 1 << 15

/** Bytes that are read at the start, for the first line. */
const starts = 2048

/** Bytes that are read at each place in between: some lines, if few quantities are logged. */
const between = { least: 256, most: 2048 }

const nothing: Glance = { steps: 0 }

/** Looks at the log in a run's folder: reads at most 34 KiB, however long the log is. */
export const glanceAt = (folder: string): Glance => withPieces(logFile(folder), glance) ?? nothing

function glance(file: PieceReader): Glance {
  const first = textOf(file.read(0, Math.min(file.size, starts)))
  const start = parsed(lastOf(first, 'start', true)) // copies what it needs: the next read overwrites the bytes
  const from = Math.max(0, file.size - ends)
  const last = textOf(file.read(from, file.size - from))
  const [step, epoch] = [parsed(lastOf(last, 'step', from === 0)), parsed(lastOf(last, 'epoch', from === 0))]
  const ended = endingIn(last, from === 0)
  return {
    steps: typeof step?.step === 'number' ? step.step + 1 : 0,
    ...(typeof start?.steps === 'number' && { total: start.steps }),
    ...(ended && { ended }),
    ...(step && { loss: lossOf(step) }),
    ...(epoch && { epoch }),
  }
}

/** Returns training losses that are evenly spaced over the log in a run's folder; reads at most 112 KiB. */
export const lossesIn = (folder: string): readonly (number | null)[] =>
  withPieces(logFile(folder), (file) => sampled(file).map((line) => lossOf(parsed(line)))) ?? []

const lossOf = (line: Line | undefined): number | null => (typeof line?.loss === 'number' ? line.loss : null)

/** Returns an end of the run or that it diverged, unless it was lengthened and went on. */
function endingIn(piece: Buffer, isStart: boolean): Glance['ended'] {
  const at = (type: string): number => placeOf(piece, type, isStart)
  const [start, end, diverged] = [at('start'), at('end'), at('diverged')]
  if (Math.max(end, diverged) <= start) return undefined
  return end > diverged ? 'ended' : 'diverged'
}

/** Where the last whole line of a type starts in a piece of a log; −1 without one. */
function placeOf(piece: Buffer, type: string, isStart: boolean): number {
  const whole = piece.lastIndexOf(lineFeed)
  if (whole < 0) return -1
  // Searched for as bytes: to decode and to parse the lines takes most of the time.
  const start = `{"type":"${type}"`
  const place = piece.lastIndexOf(`\n${start}`, whole - 1)
  if (place >= 0) return place + 1
  return isStart && piece.toString('latin1', 0, start.length) === start ? 0 : -1
}

function lastOf(piece: Buffer, type: string, isStart: boolean): string | undefined {
  const place = placeOf(piece, type, isStart)
  return place < 0 ? undefined : piece.toString('utf8', place, piece.indexOf(lineFeed, place))
}

const textOf = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)

function parsed(text: string | undefined): Line | undefined {
  const line = text === undefined ? undefined : jsonIn(text)
  return typeof line === 'object' && line !== null ? (line as Line) : undefined
}

/** Returns at most `samples` lines of steps, evenly spaced, with the last. */
function sampled(file: PieceReader): string[] {
  const from = Math.max(0, file.size - ends)
  const last = textOf(file.read(from, file.size - from))
  if (from === 0) return thinned(last.toString().split(lineFeed).slice(0, -1).filter(isStep))
  const end = lastOf(last, 'step', false)
  const length = Math.min(between.most, Math.max(between.least, 4 * (end ?? '').length))
  const places = Array.from({ length: samples - 1 }, (_, i) => Math.floor((i * file.size) / samples))
  const found = places.flatMap((place) => stepIn(textOf(file.read(place, length))) ?? [])
  return [...found, ...(end === undefined ? [] : [end])]
}

const isStep = (line: string): boolean => line.startsWith('{"type":"step"')

/** Returns at most `samples` lines, evenly spaced, with the last. */
const thinned = (lines: readonly string[]): string[] => {
  const count = Math.min(samples, lines.length)
  return Array.from({ length: count }, (_, i) => lines[Math.ceil(((i + 1) * lines.length) / count) - 1]!)
}

/** Returns the first whole line of a step in a piece of a log. */
function stepIn(piece: Buffer): string | undefined {
  const place = piece.indexOf('\n{"type":"step"') + 1
  const end = place === 0 ? -1 : piece.indexOf(lineFeed, place)
  return end < 0 ? undefined : piece.toString('utf8', place, end)
}
