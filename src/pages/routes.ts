import { resolve } from 'node:path'
import { Hono, type HonoRequest } from 'hono'
import { streamSSE } from 'hono/streaming'
import { EvenstepError } from '../core/errors.ts'
import { CompareWatch } from './compare-view.ts'
import { type Found, findById } from './found.ts'
import { guard } from './guard.ts'
import { sendViews, type Watch } from './live.ts'
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
  const list = new RunList(resolve(folder))
  app.use(guard(token))
  app.onError((error, context) => {
    const status = error instanceof NotFoundError ? 404 : error instanceof EvenstepError ? 409 : 500
    return context.json({ message: error.message }, status)
  })
  for (const [name, watchOf] of Object.entries(watches(list)))
    app.get(`/api/${name}`, (context) => {
      const watch = watchOf(context.req)
      return streamSSE(context, (sse) => sendViews(sse, watch))
    })
  app.post('/api/stop', (context) => {
    stopRun(find(list, 'run', context.req.query('id')).path)
    return context.json({})
  })
  app.get('*', (context) => {
    const file = builtFile(context.req.path)
    if (file === undefined) return context.notFound()
    return context.body(file.bytes, 200, { 'content-type': file.type, 'cache-control': file.cache })
  })
  return app
}

/** What a page asks to watch, by the name in its address. */
function watches(list: RunList): Readonly<Record<string, (request: HonoRequest) => Watch>> {
  const logs = new OpenLogs()
  return {
    list: () => watchList(list),
    run: (request) => {
      const { id, from, to, smoothing } = request.query()
      const range = from === undefined || to === undefined ? undefined : ([Number(from), Number(to)] as const)
      return new RunWatch(find(list, 'run', id), { range, smoothing: window(smoothing) }, logs)
    },
    compare: (request) => {
      const ids = (request.queries('id') ?? []).slice(0, mostCompared)
      const runs = ids.map((id) => find(list, 'run', id))
      return new CompareWatch(runs, { quantity: request.query('quantity') ?? 'loss' }, logs)
    },
    study: (request) => new StudyWatch(find(list, 'study', request.query('id'))),
  }
}

/** @throws {NotFoundError} when there is no such run or study. */
function find({ folder }: RunList, kind: Found['kind'], id: string | undefined): Found {
  const found = findById(folder, id ?? '')
  if (found?.kind === kind) return found
  throw new NotFoundError(`${id}: wanted a ${kind} in ${folder}, got none`)
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
