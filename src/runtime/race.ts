import { sha256 } from '#platform'
import { graphNames } from '../onnx/model.ts'
import type { Session } from './session.ts'

/** Which number of threads (0: one, 1: several) computes each of a graph's first calls. */
const turns = [0, 1, 1, 0, 0, 1, 1, 0] as const

/** Number of calls after which the choice is final: of those after the first turns, every fourth uses the slower number. */
const final = turns.length + 32

/** Minimum ratio of one thread's time to that of several, since the other processors could do other work. */
const worthwhile = 1.05

/** The sessions with one and with several threads that are compiled. */
type Sessions = [Session | undefined, Session | undefined]

/** What is known about the speed of a graph's short or long calls. */
interface Race {
  /** Shortest time of a step so far, in milliseconds, with one and with several threads. */
  readonly shortest: [number, number]
  /** Number of calls so far; more are not timed once the choice is final. */
  turn: number
  /** Number of threads that was faster in the first turns or, later, so far; undefined before. */
  winner: number | undefined
}

/**
 * The two races of a graph: the fixed cost of a call, which threads hardly reduce, is a larger part of short calls, such
 * as the first of a run or the evaluation of a few examples, so that they say little about long ones.
 */
interface Races {
  readonly short: Race
  readonly long: Race
}

/** Shortest expected duration of a long call, in milliseconds. */
const longCall = 20

/** Races of this process by graph, so that a graph that is compiled again is not timed again. */
const known = new Map<string, Races>()

const begun = (): Race => {
  const never = Number.POSITIVE_INFINITY
  return { shortest: [never, never], turn: 0, winner: undefined }
}

function racesOf(graph: string): Races {
  const races = known.get(graph) ?? { short: begun(), long: begun() }
  known.set(graph, races)
  return races
}

/** Number of first calls that are taken for short ones, since a session's first call takes long however few steps it has. */
const cold = 3

/** Returns the race of a call of that many steps. What long calls chose is final for short ones, too. */
function raceOf({ short, long }: Races, steps: number): Race {
  if (long.turn === final) return long
  const ms = steps * Math.min(...short.shortest, ...long.shortest)
  return short.turn >= cold && ms >= longCall ? long : short
}

/** Whether one session suffices: a race is over, and the other one is over or has not begun. */
const isSettled = ({ short, long }: Races): boolean =>
  long.turn === final || (long.turn === 0 && short.turn === final)

/** Returns the number of threads that was faster, in long calls if there were enough; undefined before. */
const winnerOf = ({ short, long }: Races): number | undefined => long.winner ?? short.winner

/** Numbers of threads that timing chose, by hash of the graph. */
export type TimedThreads = Readonly<Record<string, number>>

/** Adopts the numbers of threads that an earlier process chose, so that those graphs are not timed again. */
export function adoptThreads(timed: TimedThreads): void {
  for (const [graph, threads] of Object.entries(timed)) {
    const races = racesOf(graph)
    if (winnerOf(races) === undefined) Object.assign(races.long, { winner: threads, turn: final })
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
 * turn and are timed. Of the next 32, every fourth uses the slower number, in case something else took a processor's time
 * before; then the slower session is freed. Long calls, of 20 ms or more, choose anew after short ones. Each call returns
 * its result as usual, so none is wasted. The number of threads must not affect the results.
 *
 * @param candidates 1 and a larger number of threads
 */
export async function racing(
  model: Uint8Array,
  [one, several]: readonly [number, number],
  open: Open,
): Promise<TimedSession> {
  const graph = sha256().update(model).hex().slice(0, 16)
  const races = racesOf(graph)
  const sessions: Sessions = [undefined, undefined]
  const current = async (race: Race): Promise<Session> => {
    const next = entrantOf(race)
    sessions[next] ??= await open(model, next === 0 ? one : several)
    return sessions[next]
  }
  await current(raceOf(races, 0)) // so that an error of the model is one of the compilation
  return {
    timed: () => {
      const winner = winnerOf(races)
      return winner === undefined ? {} : { [graph]: winner }
    },
    async run(feeds) {
      const steps = Number(feeds.get(graphNames.count)?.data[0] ?? 1)
      const race = raceOf(races, steps)
      const session = await current(race)
      const start = performance.now()
      const results = await session.run(feeds)
      record(race, session === sessions[0] ? 0 : 1, (performance.now() - start) / steps, several)
      if (isSettled(races)) await release(sessions, winnerOf(races) === 1 ? 1 : 0)
      return results
    },
  }
}

/** Returns which number of threads computes the next call. */
function entrantOf({ turn, winner }: Race): 0 | 1 {
  if (winner === undefined) return turns[turn]!
  const checks = turn < final && turn % 4 === 3
  return (winner === 1) === checks ? 1 : 0
}

/** Records the time per step of a call, unless the choice is final. */
function record(race: Race, entrant: 0 | 1, ms: number, several: number): void {
  if (race.turn === final) return
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
