import { setTimeout } from 'node:timers/promises'
import type { SSEStreamingApi } from 'hono/streaming'
import { isMachineFault } from '../core/machine.ts'
import { visible } from '../core/text.ts'

/** Something that a page watches. */
export interface Watch {
  /** Returns it as it is now; undefined if it has not changed since the last call. */
  view(): Promise<object | undefined>
  /** Whether there is more to view at once. */
  readonly isBehind?: boolean
  close(): void
}

/** Milliseconds between two looks at the files. */
const pause = 500

/** Longest time between two looks, in milliseconds: a page is never further behind. */
const longest = 800

/** Number of times that a look must have been paused for: what trains shares the machine. */
const rest = 50

/**
 * Sends a page what it watches, and again whenever it changes, until the page goes. While a machine is at fault, such as a
 * database that does not answer or a network drive that is gone, the page is told so, and what it watches is looked for
 * again.
 */
export async function sendViews(sse: SSEStreamingApi, watch: Watch): Promise<void> {
  const gone = new AbortController()
  sse.onAbort(() => gone.abort())
  let fault = ''
  try {
    while (!gone.signal.aborted) {
      const begun = performance.now()
      const seen = await look(watch)
      if (seen.view !== undefined) await sse.writeSSE({ data: shown(seen.view) })
      if (seen.fault !== fault) await sse.writeSSE({ event: 'fault', data: shown({ message: seen.fault }) })
      fault = seen.fault
      if (watch.isBehind && fault === '') continue
      const took = performance.now() - begun
      // A look that takes longer than the longest wait must not take all of a core, either.
      const wait = Math.max(Math.min(longest, Math.max(pause, rest * took)), took)
      await setTimeout(wait, undefined, { signal: gone.signal })
    }
  } catch (error) {
    if (gone.signal.aborted) return
    await sse.writeSSE({ event: 'problem', data: shown({ message: (error as Error).message }) })
  } finally {
    watch.close()
  }
}

/** Looks at what is watched. @returns what is new, and what is at fault: nothing is an empty text */
async function look(watch: Watch): Promise<{ readonly view?: object | undefined; readonly fault: string }> {
  try {
    return { view: await watch.view(), fault: '' }
  } catch (error) {
    if (isMachineFault(error)) return { fault: (error as Error).message }
    throw error
  }
}

/** Returns JSON in which the texts of files have no characters that a page would obey. */
export const shown = (view: object): string =>
  JSON.stringify(view, (_, value: unknown) => (typeof value === 'string' ? visible(value) : value))
