import { Hono, type HonoRequest } from 'hono'
import { streamSSE } from 'hono/streaming'
import { EvenstepError } from '../core/errors.ts'
import { guard } from './guard.ts'
import { sendViews, type Watch } from './live.ts'
import { NotFoundError, type PageSource } from './page-source.ts'
import { builtFile } from './site.ts'

/** Maximum number of runs that are compared at once. */
const mostCompared = 200

/** What answers requests: the built pages, and what they show of runs and studies. */
export function routes(source: PageSource, token?: string): Hono {
  const app = new Hono()
  app.use(guard(token))
  app.onError((error, context) => {
    const status = error instanceof NotFoundError ? 404 : error instanceof EvenstepError ? 409 : 500
    return context.json({ message: error.message }, status)
  })
  for (const [name, watchOf] of Object.entries(watches(source)))
    app.get(`/api/${name}`, (context) => {
      if (context.req.method === 'HEAD') return context.body(null) // nobody would read the stream, or end it
      const watch = watchOf(context.req)
      return streamSSE(context, (sse) => sendViews(sse, watch))
    })
  app.post('/api/stop', (context) => {
    source.stop(context.req.query('id') ?? '')
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
const watches = (source: PageSource): Readonly<Record<string, (request: HonoRequest) => Watch>> => ({
  list: () => source.list(),
  run: (request) => {
    const { id = '', from, to, smoothing } = request.query()
    const range = from === undefined || to === undefined ? undefined : ([Number(from), Number(to)] as const)
    return source.run(id, { range, smoothing: window(smoothing) })
  },
  compare: (request) => {
    const ids = (request.queries('id') ?? []).slice(0, mostCompared)
    return source.compare(ids, { quantity: request.query('quantity') ?? 'loss' })
  },
  study: (request) => source.study(request.query('id') ?? ''),
})

/** Returns a number of steps ≥ 1; undefined for anything else. */
function window(text: string | undefined): number | undefined {
  const value = Number(text)
  return value >= 1 ? value : undefined
}
