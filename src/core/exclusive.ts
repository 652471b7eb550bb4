import { callContext, followsCalls } from '#platform'
import type { CallContext } from '../platform/platform.ts'
import { type AbortSignalLike, orAborted } from './abort.ts'
import { ArgumentError } from './errors.ts'
import { areLate, callsAround, checkEnds, type Hold, holderOf, holdsAny, isActive, tooLate } from './hold.ts'

// Calls that use the same variables take turns, in the order in which they are made. A call that is made during
// another call shares the variables that the outer call holds, and takes turns only with other inner calls.
//
// Node.js knows during which call a call is made. Browsers know it only until that call first waits for something. Later
// on, a call belongs to a running one that holds its variables and does not wait, since code that waits makes no calls;
// while it waits for an inner call, or `apart` for something else, a new call comes from elsewhere, and takes its turn.
// If it waits for data of a stream whose code made that new call, neither can continue: the new one fails after a while.

/** Milliseconds that a call waits for an earlier one which waits for data. */
const patience = 60_000

interface ExclusiveOptions {
  /** Whether the call temporarily changes the variables' values, which other code must not read meanwhile. */
  readonly changes?: boolean
  /** Whether the call makes no calls of `exclusively`. @default false */
  readonly isLeaf?: boolean
  /** Object by which `isWithinCallOf` recognizes the call. */
  readonly owner?: object
  /** Abort signal that ends the wait for earlier calls; `body` does not run then. */
  readonly signal?: AbortSignalLike | undefined
}

/** Calls that take turns. */
export class TurnTaking {
  /** The call of `exclusively` during which the current code runs. */
  readonly #around: CallContext<Hold>
  readonly #followsCalls: boolean
  readonly #patience: number
  /** For each variable, the last call of `exclusively` that uses it, of those made outside of any other call. */
  readonly #outermost = new WeakMap<object, Hold>()
  /** Running calls of `exclusively` that temporarily change the values of their variables. */
  readonly #changing = new Set<Hold>()
  /** Running calls that may make others; only where calls are not followed. */
  readonly #running = new Set<Hold>()
  /** Call to which a call was found to belong that was made since the current code last waited for something. */
  #found: Hold | undefined

  constructor(context: CallContext<Hold>, followsCalls: boolean, most: number = patience) {
    this.#around = context
    this.#followsCalls = followsCalls
    this.#patience = most
  }

  /** See `exclusively`. */
  async exclusively<T>(
    variables: Iterable<object>,
    body: () => Promise<T>,
    options: ExclusiveOptions = {},
  ): Promise<T> {
    const hold = this.#newHold(new Set(variables), options)
    const turn = Promise.all([...hold.waitsFor].map(({ end }) => end))
    try {
      options.signal?.throwIfAborted()
      if (hold.waitsFor.size > 0) await orAborted(options.signal, this.#inTime(hold, turn))
    } catch (reason) {
      turn.then(() => hold.close()) // later calls wait for this one, and through it for the earlier ones
      throw reason
    }
    try {
      hold.waitsFor.clear()
      if (hold.changes) this.#changing.add(hold)
      this.#begin(hold)
      return await this.#around.run(hold, body)
    } finally {
      for (const { end } of hold.inner) await end
      hold.close()
    }
  }

  /** Waits for a call's turn. @throws {ArgumentError} when an earlier call has waited too long for data. */
  async #inTime({ waitsFor }: Hold, turn: Promise<unknown>): Promise<void> {
    if (this.#followsCalls) return void (await turn)
    const most = this.#patience
    let timer: unknown
    const late = new Promise<never>((_, reject) => {
      const look = (): void => void (areLate(waitsFor, most) && reject(tooLate(most)))
      timer = setInterval(look, most / 4)
    })
    await Promise.race([turn, late]).finally(() => clearInterval(timer as number))
  }

  /** Lets later calls belong to `hold`: not those that are made before its own code can continue. */
  #begin(hold: Hold): void {
    if (this.#followsCalls || hold.isLeaf) return
    queueMicrotask(() => {
      if (!hold.hasEnded) this.#running.add(hold)
    })
  }

  #newHold(
    variables: ReadonlySet<object>,
    { changes = false, isLeaf = false, owner }: ExclusiveOptions,
  ): Hold {
    const parent = this.#current((hold) => holdsAny(hold, variables))
    const queues = new Map<object, WeakMap<object, Hold>>()
    for (const variable of variables)
      queues.set(variable, holderOf(variable, parent)?.last ?? this.#outermost)
    const earlier = [...queues].map(([variable, last]) => last.get(variable))
    const waitsFor = new Set(earlier.filter((one) => one !== undefined && !one.hasEnded) as Hold[])
    if (parent) checkEnds(parent, waitsFor)
    let resolve = (): void => {}
    const end = new Promise<void>((done) => {
      resolve = done
    })
    const links = { waitsFor, inner: new Set<Hold>(), last: new WeakMap<object, Hold>(), end }
    const hold: Hold = {
      ...{
        variables,
        changes,
        isLeaf,
        owner,
        parent,
        ...links,
        hasEnded: false,
        waitsApart: 0,
        dataSince: undefined,
      },
      close: () => {
        hold.hasEnded = true
        this.#changing.delete(hold)
        this.#running.delete(hold)
        parent?.inner.delete(hold)
        resolve()
      },
    }
    parent?.inner.add(hold)
    for (const [variable, last] of queues) last.set(variable, hold)
    return hold
  }

  /**
   * Returns the innermost call of `exclusively` that has not ended, of those during which the current code runs.
   *
   * @param isMeant whether code about to use certain variables may run during a call
   */
  #current(isMeant: (hold: Hold) => boolean): Hold | undefined {
    let hold = this.#around.getStore()
    while (hold?.hasEnded) hold = hold.parent
    if (hold !== undefined || this.#followsCalls) return hold
    const mayBe = (one: Hold): boolean => !one.hasEnded && isMeant(one)
    if (this.#found !== undefined && mayBe(this.#found)) return this.#found
    const found = [...this.#running].findLast((one) => isActive(one) && mayBe(one))
    if (found === undefined) return undefined
    this.#found = found
    queueMicrotask(() => {
      this.#found = undefined
    })
    return found
  }

  /** See `apart`. */
  apart<T>(variables: Iterable<object>, body: () => Promise<T>, isForData: boolean = false): Promise<T> {
    if (this.#followsCalls) return body()
    const all = new Set(variables)
    const hold = this.#current((one) => holdsAny(one, all))
    if (hold === undefined) return body()
    hold.waitsApart++
    if (isForData) hold.dataSince = performance.now()
    return this.#around
      .run(hold, async () => body())
      .finally(() => {
        hold.waitsApart--
        if (isForData) hold.dataSince = undefined
      })
  }

  /** See `isWithinCallOf`. */
  isWithinCallOf(owner: object): boolean {
    const isOwned = (from: Hold): boolean => callsAround(from).some((hold) => hold.owner === owner)
    const hold = this.#current(isOwned)
    return hold !== undefined && isOwned(hold)
  }

  /** See `checkSettled`. */
  checkSettled(who: string, variables: Iterable<object>): void {
    if (this.#changing.size === 0) return
    const all = new Set(variables)
    const hold = this.#current((one) => holdsAny(one, all))
    const own = new Set(hold && callsAround(hold))
    const others = [...this.#changing].filter((one) => !own.has(one))
    if (!others.some((one) => [...all].some((variable) => one.variables.has(variable)))) return
    throw new ArgumentError(
      `${who}: wanted the weights between calls, got them during a step, an evaluation or a test that changes ` +
        'them for a while; await it first',
    )
  }
}

const turns = new TurnTaking(callContext<Hold>(), followsCalls)

/**
 * Runs `body` with exclusive use of `variables`: waits for earlier calls that use any of them; later calls wait
 * for this one. Calls that `body` makes wait only for each other, not for this call, which ends once all of
 * them have ended.
 *
 * @throws {ArgumentError} when calls would deadlock: each made during another, in opposite orders.
 * @throws the reason of `options.signal`, if it is aborted before `body` begins.
 */
export const exclusively = <T>(
  variables: Iterable<object>,
  body: () => Promise<T>,
  options?: ExclusiveOptions,
): Promise<T> => turns.exclusively(variables, body, options)

/**
 * Runs `body`, which makes no call with the variables once it has first waited for something. Code of a call of
 * `exclusively` waits by this function for whatever is not such a call, such as a compilation or data. So browsers, too,
 * know that calls that are made meanwhile come from elsewhere.
 *
 * @param variables some of those of the call
 */
export const apart = <T>(variables: Iterable<object>, body: () => Promise<T>): Promise<T> =>
  turns.apart(variables, body)

/** Yields the values of an iterable; waits for each `apart`, if it is asynchronous. */
export function eachApart<T>(
  variables: Iterable<object>,
  values: AsyncIterable<T> | Iterable<T>,
): AsyncIterable<T> | Iterable<T> {
  if (followsCalls || !(Symbol.asyncIterator in values)) return values
  return {
    [Symbol.asyncIterator]() {
      const iterator = values[Symbol.asyncIterator]()
      return {
        next: () => turns.apart(variables, () => iterator.next(), true),
        return: async () => (await iterator.return?.()) ?? { done: true, value: undefined },
      }
    },
  }
}

/** Whether the current code runs during a call of `exclusively` that has this `owner`. */
export const isWithinCallOf = (owner: object): boolean => turns.isWithinCallOf(owner)

/**
 * Checks that no running call temporarily changes the values of these variables.
 *
 * @throws {ArgumentError} when one does, unless the current code runs during that call.
 */
export const checkSettled = (who: string, variables: Iterable<object>): void =>
  turns.checkSettled(who, variables)
