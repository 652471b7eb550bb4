import { sha256 } from '#platform'
import { graphNames } from '../onnx/model.ts'
import type { Session } from './session.ts'

/** Which number of threads (0: one, 1: several) computes each of a graph's first calls. */
const turns = [0, 1, 1, 0, 0, 1, 1, 0] as const

/** Minimum ratio of one thread's time to that of several, since the other processors could do other work. */
const worthwhile = 1.05

/** The sessions with one and with several threads that are compiled. */
type Sessions = [Session | undefined, Session | undefined]

/** What is known about the speed of a graph. */
interface Race {
  /** Shortest time of a step so far, in milliseconds, with one and with several threads. */
  readonly shortest: [number, number]
  turn: number
  /** Number of threads that timing chose; undefined while the race lasts. */
  winner: number | undefined
  /** Number of steps of the first call that counted; infinite if an earlier process ended the race. */
  steps: number
}

/** Races of this process by graph, so that a graph that is compiled again is not timed again. */
const races = new Map<string, Race>()

function raceOf(graph: string): Race {
  const known = races.get(graph)
  if (known) return known
  const race: Race = { ...begun(), steps: 0 }
  races.set(graph, race)
  return race
}

const begun = (): Pick<Race, 'shortest' | 'turn' | 'winner'> => {
  const never = Number.POSITIVE_INFINITY
  return { shortest: [never, never], turn: 0, winner: undefined }
}

/**
 * Begins a race again at its first call of more than twice as many steps: the fixed cost of a call, which threads hardly
 * reduce, is a larger part of short calls, such as the evaluation of a few examples.
 */
function beginAgain(race: Race, steps: number): void {
  if (steps > 2 * race.steps) Object.assign(race, begun(), { steps })
}

/** Numbers of threads that timing chose, by hash of the graph. */
export type TimedThreads = Readonly<Record<string, number>>

/** Adopts the numbers of threads that an earlier process chose, so that those graphs are not timed again. */
export function adoptThreads(timed: TimedThreads): void {
  for (const [graph, threads] of Object.entries(timed)) {
    const race = raceOf(graph)
    if (race.winner === undefined) Object.assign(race, { winner: threads, steps: Number.POSITIVE_INFINITY })
  }
}

/** A session that chooses its number of threads by timing. */
export interface TimedSession extends Session {
  /** Returns a map from a graph's hash to the number of threads that was faster for it; empty until that is known. */
  timed(): TimedThreads
}

/** Compiles a model for a number of threads. */
type Open = (model: Uint8Array, threads: number) => Promise<Session>

/**
 * Compiles a model, and chooses the faster of two numbers of threads while it runs: the first eight calls use them in
 * turn and are timed; later calls use the faster, until one takes more than twice as many steps, which begins the choice
 * again. Each call returns its result as usual, so none is wasted. The number of threads must not affect the results.
 *
 * @param candidates 1 and a larger number of threads
 */
export async function racing(
  model: Uint8Array,
  [one, several]: readonly [number, number],
  open: Open,
): Promise<TimedSession> {
  const graph = sha256().update(model).hex().slice(0, 16)
  const race = raceOf(graph)
  const sessions: Sessions = [undefined, undefined]
  const current = async (): Promise<Session> => {
    const next = race.winner === undefined ? turns[race.turn]! : race.winner === 1 ? 0 : 1
    sessions[next] ??= await open(model, next === 0 ? one : several)
    return sessions[next]
  }
  await current() // so that an error of the model is one of the compilation
  return {
    timed: () => (race.winner === undefined ? {} : { [graph]: race.winner }),
    async run(feeds) {
      const steps = Number(feeds.get(graphNames.count)?.data[0] ?? 1)
      beginAgain(race, steps)
      const session = await current()
      const start = performance.now()
      const results = await session.run(feeds)
      const ms = performance.now() - start
      if (2 * steps >= race.steps) record(race, session === sessions[0] ? 0 : 1, ms / steps, several)
      if (race.winner !== undefined) await release(sessions, race.winner === 1 ? 1 : 0)
      return results
    },
  }
}

/** Records the time per step of a call, and ends the race after its last call. */
function record(race: Race, entrant: 0 | 1, ms: number, several: number): void {
  if (race.winner !== undefined) return
  race.shortest[entrant] = Math.min(race.shortest[entrant], ms)
  race.turn++
  if (race.turn < turns.length) return
  const [one, more] = race.shortest
  race.winner = one > worthwhile * more ? several : 1
}

/** Frees the memory of the session that lost, if there is one. */
async function release(sessions: Sessions, loser: 0 | 1): Promise<void> {
  const session = sessions[loser]
  sessions[loser] = undefined
  await session?.release?.()
}
