import { AsyncLocalStorage } from 'node:async_hooks'
import { ArgumentError } from './errors.ts'

// Calls that use the same variables take turns, in the order in which they are made. A call that is made within
// another one uses the variables that the outer call holds, and takes turns only with other calls made within it.

/** A call that has the sole use of some variables, or waits for it. */
interface Hold {
  readonly variables: ReadonlySet<object>
  /** Whether the variables have other values during the call, or are about to. */
  readonly changes: boolean
  readonly owner: object | undefined
  /** The call within which this one was made. */
  readonly parent: Hold | undefined
  /** Earlier calls for whose end this one waits. */
  readonly waitsFor: Set<Hold>
  /** Calls made within this one that have not ended. */
  readonly inner: Set<Hold>
  /** The last call, made within this one, that uses a variable. */
  readonly last: WeakMap<object, Hold>
  /** Resolved when the call ends. */
  readonly end: Promise<void>
  hasEnded: boolean
  close(): void
}

/** The call within which code runs. */
const around = new AsyncLocalStorage<Hold>()
/** The last call that uses a variable, of those not made within another call. */
const outermost = new WeakMap<object, Hold>()
/** Calls that change variables now. */
const changing = new Set<Hold>()

interface ExclusiveOptions {
  /** Whether the variables have other values during the call, so that nobody else may read them. */
  readonly changes?: boolean
  /** Object that `isWithinCallOf` recognizes the call by. */
  readonly owner?: object
}

/**
 * Runs `body` with the sole use of `variables`: waits for earlier calls that use one of them, and later calls wait
 * for this one. Calls that `body` makes do not wait for it, only for each other; the call ends when all of them have.
 *
 * @throws {ArgumentError} when calls would wait for each other for ever: each within another, in opposite orders.
 */
export async function exclusively<T>(
  variables: Iterable<object>,
  body: () => Promise<T>,
  options: ExclusiveOptions = {},
): Promise<T> {
  const hold = newHold(variables, options)
  try {
    for (const { end } of hold.waitsFor) await end
    hold.waitsFor.clear()
    if (hold.changes) changing.add(hold)
    return await around.run(hold, body)
  } finally {
    for (const { end } of hold.inner) await end
    hold.close()
  }
}

function newHold(all: Iterable<object>, { changes = false, owner }: ExclusiveOptions): Hold {
  const variables = new Set(all)
  const parent = current()
  const queues = new Map<object, WeakMap<object, Hold>>()
  for (const variable of variables) queues.set(variable, holderOf(variable, parent)?.last ?? outermost)
  const earlier = [...queues].map(([variable, last]) => last.get(variable))
  const waitsFor = new Set(earlier.filter((one) => one !== undefined && !one.hasEnded) as Hold[])
  if (parent) checkEnds(parent, waitsFor)
  let resolve = (): void => {}
  const end = new Promise<void>((done) => {
    resolve = done
  })
  const links = { waitsFor, inner: new Set<Hold>(), last: new WeakMap<object, Hold>(), end }
  const hold: Hold = {
    ...{ variables, changes, owner, parent, ...links, hasEnded: false },
    close() {
      hold.hasEnded = true
      changing.delete(hold)
      parent?.inner.delete(hold)
      resolve()
    },
  }
  parent?.inner.add(hold)
  for (const [variable, last] of queues) last.set(variable, hold)
  return hold
}

/** Returns the innermost call around this code that has not ended. */
function current(): Hold | undefined {
  let hold = around.getStore()
  while (hold?.hasEnded) hold = hold.parent
  return hold
}

/** Returns the innermost call, `hold` or one around it, that has the use of a variable. */
function holderOf(variable: object, hold: Hold | undefined): Hold | undefined {
  let holder = hold
  while (holder && !holder.variables.has(variable)) holder = holder.parent
  return holder
}

/** @throws {ArgumentError} when one of the calls `waitsFor` waits, itself or through others, for a call around. */
function checkEnds(parent: Hold, waitsFor: ReadonlySet<Hold>): void {
  const outer = new Set<Hold>()
  for (let hold: Hold | undefined = parent; hold; hold = hold.parent) outer.add(hold)
  const seen = new Set<Hold>()
  const open = [...waitsFor]
  for (let hold = open.pop(); hold; hold = open.pop()) {
    if (outer.has(hold)) {
      throw new ArgumentError(
        'task: wanted calls that can end, got two that wait for each other; ' +
          'make one after the other, or use the models in the same order in both',
      )
    }
    if (seen.has(hold)) continue
    seen.add(hold)
    open.push(...hold.waitsFor, ...hold.inner)
  }
}

/** Whether this code runs within a call of `exclusively` with this `owner`. */
export function isWithinCallOf(owner: object): boolean {
  for (let hold = current(); hold; hold = hold.parent) if (hold.owner === owner) return true
  return false
}

/**
 * Checks that no other call changes these variables now: they have the values that code outside of calls may see.
 *
 * @throws {ArgumentError} during such a call, unless this code runs within it.
 */
export function checkSettled(who: string, variables: Iterable<object>): void {
  if (changing.size === 0) return
  const own = new Set<Hold>()
  for (let hold = current(); hold; hold = hold.parent) own.add(hold)
  const others = [...changing].filter((hold) => !own.has(hold))
  if (others.length === 0) return
  for (const variable of variables) {
    if (!others.some((hold) => hold.variables.has(variable))) continue
    throw new ArgumentError(
      `${who}: wanted the weights between calls, got them during a step, an evaluation or a test that changes ` +
        'them for a while; await it first',
    )
  }
}
