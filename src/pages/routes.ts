import { resolve } from 'node:path'
import { Hono } from 'hono'
import { streamSSE } from 'hono/streaming'
import { EvenstepError } from '../core/errors.ts'
import { CompareWatch } from './compare-view.ts'
import { type Found, findById } from './found.ts'
import { guard } from './guard.ts'
import { stream, type Watch } from './live.ts'
import { OpenLogs } from './open-logs.ts'
import { changesOf, nothingSent, RunList } from './run-list.ts'
import { RunWatch } from './run-view.ts'
import { builtFile } from './site.ts'
import { stopRun } from './stop.ts'
import { StudyWatch } from './study-view.ts'

/** Maximum number of runs that are compared at once. */
const mostCompared = 200

/** What answers requests: the built pages, and what they show of the runs and studies in a folder. */
export function routes(folder: string, token?: string): Hono {
  const app = new Hono()
  const logs = new OpenLogs()
  const list = new RunList(resolve(folder))
  const find = (kind: Found['kind'], id: string | undefined): Found => {
    const found = findById(list.folder, id ?? '')
    if (found?.kind === kind) return found
    throw new NotFoundError(`${id}: wanted a ${kind} in ${list.folder}, got none`)
  }
  app.use(guard(token))
  app.onError((error, context) => {
    const status = error instanceof NotFoundError ? 404 : error instanceof EvenstepError ? 409 : 500
    return context.json({ message: error.message }, status)
  })
  app.get('/api/list', (context) => streamSSE(context, (sse) => stream(sse, watchList(list))))
  app.get('/api/run', (context) => {
    const { id, from, to, smoothing } = context.req.query()
    const range = from === undefined || to === undefined ? undefined : ([Number(from), Number(to)] as const)
    const watch = new RunWatch(find('run', id), { range, smoothing: window(smoothing) }, logs)
    return streamSSE(context, (sse) => stream(sse, watch))
  })
  app.get('/api/compare', (context) => {
    const { quantity = 'loss' } = context.req.query()
    const ids = (context.req.queries('id') ?? []).slice(0, mostCompared)
    const runs = ids.map((id) => find('run', id))
    const watch = new CompareWatch(runs, { quantity }, logs)
    return streamSSE(context, (sse) => stream(sse, watch))
  })
  app.get('/api/study', (context) => {
    const watch = new StudyWatch(find('study', context.req.query('id')))
    return streamSSE(context, (sse) => stream(sse, watch))
  })
  app.post('/api/stop', (context) => {
    stopRun(find('run', context.req.query('id')).path)
    return context.json({})
  })
  app.get('*', async (context) => {
    const file = builtFile(context.req.path)
    if (file === undefined) return context.notFound()
    return context.body(file.bytes, 200, { 'content-type': file.type, 'cache-control': file.cache })
  })
  return app
}

/** Error when a run or a study is not there. */
class NotFoundError extends EvenstepError {}

function watchList(list: RunList): Watch {
  const sent = nothingSent()
  return {
    view: async () => {
      list.refresh()
      return changesOf(list, sent)
    },
    close: () => {},
  }
}

/** Returns a number of steps ≥ 1; undefined for anything else. */
function window(text: string | undefined): number | undefined {
  const value = Number(text)
  return value >= 1 ? value : undefined
}
