import { ArgumentError } from './errors.ts'

/** A call of `exclusively`, which has, or waits for, exclusive use of some variables. */
export interface Hold {
  readonly variables: ReadonlySet<object>
  /** Whether the call temporarily changes the variables' values once it runs. */
  readonly changes: boolean
  readonly isLeaf: boolean
  readonly owner: object | undefined
  /** The call of `exclusively` during which this call was made, if any. */
  readonly parent: Hold | undefined
  /** Earlier calls of `exclusively` that must end before this call runs. */
  readonly waitsFor: Set<Hold>
  /** Calls of `exclusively` that were made during this call and have not ended. */
  readonly inner: Set<Hold>
  /** For each variable, the last call of `exclusively` that uses it, of those made during this call. */
  readonly last: WeakMap<object, Hold>
  /** Promise that resolves when this call of `exclusively` has ended. */
  readonly end: Promise<void>
  hasEnded: boolean
  /** Number of things that the call waits for apart from its inner calls. */
  waitsApart: number
  /** Time in milliseconds at which the call began to wait for data; undefined while it does not. */
  dataSince: number | undefined
  close(): void
}

/** Returns a call and the calls during which it was made, from the inside out. */
export function callsAround(from: Hold): Hold[] {
  const all: Hold[] = []
  for (let hold: Hold | undefined = from; hold; hold = hold.parent) all.push(hold)
  return all
}

/** Returns whether the code of a running call may be what runs now: it does not wait. */
export const isActive = ({ inner, waitsApart }: Hold): boolean => inner.size === 0 && waitsApart === 0

/** Returns whether a call, or one during which it was made, holds any of the variables. */
export const holdsAny = (hold: Hold, variables: ReadonlySet<object>): boolean =>
  callsAround(hold).some((one) => [...variables].some((variable) => one.variables.has(variable)))

/** Returns the innermost call that holds a variable, from the call `hold` outwards; undefined if none does. */
export function holderOf(variable: object, hold: Hold | undefined): Hold | undefined {
  let holder = hold
  while (holder && !holder.variables.has(variable)) holder = holder.parent
  return holder
}

/** Returns the calls that must end before all of `waitsFor` have ended: these, and those that they wait for. */
function allBefore(waitsFor: Iterable<Hold>): ReadonlySet<Hold> {
  const found = new Set(waitsFor)
  for (const { waitsFor: earlier, inner } of found) for (const one of [...earlier, ...inner]) found.add(one)
  return found
}

/** Whether one of these calls, or a call that they wait for, has waited for data for more than `most` milliseconds. */
export const areLate = (calls: Iterable<Hold>, most: number): boolean =>
  [...allBefore(calls)].some(
    ({ dataSince = Number.POSITIVE_INFINITY }) => performance.now() - dataSince > most,
  )

/** Returns the error of a call that waits for one which has waited for data for more than `most` milliseconds. */
export const tooLate = (most: number): ArgumentError =>
  new ArgumentError(
    `task: wanted a turn, got none: an earlier call on the model has waited ${most / 1e3} s for data; ` +
      'if the stream of these data calls the model, let it call a copy',
  )

/** @throws {ArgumentError} when a call in `waitsFor` waits, directly or not, for `parent` or a call around it. */
export function checkEnds(parent: Hold, waitsFor: ReadonlySet<Hold>): void {
  const before = allBefore(waitsFor)
  if (!callsAround(parent).some((hold) => before.has(hold))) return
  throw new ArgumentError(
    'task: wanted calls that can end, got two that wait for each other; ' +
      'make one after the other, or use the models in the same order in both',
  )
}
