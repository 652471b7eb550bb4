import { callContext } from '#platform'
import { type AbortSignalLike, orAborted } from './abort.ts'
import { ArgumentError } from './errors.ts'

// Calls that use the same variables take turns, in the order in which they are made. A call that is made during
// another call shares the variables that the outer call holds, and takes turns only with other inner calls.

/** A call of `exclusively`, which has, or waits for, exclusive use of some variables. */
interface Hold {
  readonly variables: ReadonlySet<object>
  /** Whether the call temporarily changes the variables' values once it runs. */
  readonly changes: boolean
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
  close(): void
}

/** The call of `exclusively` during which the current code runs. */
const around = callContext<Hold>()
/** For each variable, the last call of `exclusively` that uses it, of those made outside of any other call. */
const outermost = new WeakMap<object, Hold>()
/** Running calls of `exclusively` that temporarily change the values of their variables. */
const changing = new Set<Hold>()

interface ExclusiveOptions {
  /** Whether the call temporarily changes the variables' values, which other code must not read meanwhile. */
  readonly changes?: boolean
  /** Object by which `isWithinCallOf` recognizes the call. */
  readonly owner?: object
  /** Abort signal that ends the wait for earlier calls; `body` does not run then. */
  readonly signal?: AbortSignalLike | undefined
}

/**
 * Runs `body` with exclusive use of `variables`: waits for earlier calls that use any of them; later calls wait
 * for this one. Calls that `body` makes wait only for each other, not for this call, which ends once all of
 * them have ended.
 *
 * @throws {ArgumentError} when calls would deadlock: each made during another, in opposite orders.
 * @throws the reason of `options.signal`, if it is aborted before `body` begins.
 */
export async function exclusively<T>(
  variables: Iterable<object>,
  body: () => Promise<T>,
  options: ExclusiveOptions = {},
): Promise<T> {
  const hold = newHold(variables, options)
  const turn = Promise.all([...hold.waitsFor].map(({ end }) => end))
  try {
    options.signal?.throwIfAborted()
    if (hold.waitsFor.size > 0) await orAborted(options.signal, turn)
  } catch (reason) {
    turn.then(() => hold.close()) // later calls wait for this one, and through it for the earlier ones
    throw reason
  }
  try {
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

/** Returns the innermost call of `exclusively` that has not ended, of those during which the current code runs. */
function current(): Hold | undefined {
  let hold = around.getStore()
  while (hold?.hasEnded) hold = hold.parent
  return hold
}

/** Returns the innermost call that holds a variable, from the call `hold` outwards; undefined if none does. */
function holderOf(variable: object, hold: Hold | undefined): Hold | undefined {
  let holder = hold
  while (holder && !holder.variables.has(variable)) holder = holder.parent
  return holder
}

/** @throws {ArgumentError} when a call in `waitsFor` waits, directly or not, for `parent` or a call around it. */
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

/** Whether the current code runs during a call of `exclusively` that has this `owner`. */
export function isWithinCallOf(owner: object): boolean {
  for (let hold = current(); hold; hold = hold.parent) if (hold.owner === owner) return true
  return false
}

/**
 * Checks that no running call temporarily changes the values of these variables.
 *
 * @throws {ArgumentError} when one does, unless the current code runs during that call.
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
