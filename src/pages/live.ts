import { setTimeout } from 'node:timers/promises'
import type { SSEStreamingApi } from 'hono/streaming'
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

/** Sends a page what it watches, and again whenever it changes, until the page goes. */
export async function sendViews(sse: SSEStreamingApi, watch: Watch): Promise<void> {
  const gone = new AbortController()
  sse.onAbort(() => gone.abort())
  try {
    while (!gone.signal.aborted) {
      const begun = performance.now()
      const view = await watch.view()
      if (view !== undefined) await sse.writeSSE({ data: shown(view) })
      const wait = Math.min(longest, Math.max(pause, rest * (performance.now() - begun)))
      if (watch.isBehind) continue
      await setTimeout(wait, undefined, { signal: gone.signal })
    }
  } catch (error) {
    if (gone.signal.aborted) return
    await sse.writeSSE({ event: 'problem', data: shown({ message: (error as Error).message }) })
  } finally {
    watch.close()
  }
}

/** Returns JSON in which the texts of files have no characters that a page would obey. */
export const shown = (view: object): string =>
  JSON.stringify(view, (_, value: unknown) => (typeof value === 'string' ? visible(value) : value))
