// Predicts over HTTP with a run: POST /predict takes a JSON list of rows, and returns a prediction for each.
//
//     npm install && npm start -- ../../runs/customers-1 3000

import { serve } from '@hono/node-server'
import { ArgumentError, FormatError, train } from 'evenstep'
import { Hono } from 'hono'
import { bodyLimit } from 'hono/body-limit'

const [folder = 'runs/customers-1', port = '3000'] = process.argv.slice(2)
const fail = (message: string): never => {
  console.error(message)
  process.exit(1)
}
// The model is compiled once; requests that overlap are computed together.
const run = await train.open(folder).catch((error: Error) => fail(error.message))
const most = 1000

const app = new Hono()
app.post('/predict', bodyLimit({ maxSize: 2 ** 20 }), async (c) => {
  const rows: unknown = await c.req.json().catch(() => undefined)
  if (!Array.isArray(rows) || rows.length === 0 || rows.length > most)
    return c.json({ error: `wanted a JSON list of 1 to ${most} rows, got something else` }, 400)
  try {
    return c.json(await run.predict(rows))
  } catch (error) {
    const isWrongRow = error instanceof ArgumentError || error instanceof FormatError
    if (isWrongRow) return c.json({ error: error.message }, 400)
    throw error
  }
})

const server = serve({ fetch: app.fetch, port: Number(port) }, ({ port }) =>
  console.log(`http://localhost:${port}/predict predicts with ${folder}`),
)
server.on('error', (error: Error & { code?: string }) =>
  fail(
    error.code === 'EADDRINUSE'
      ? `port ${port} is in use; give another, such as ${+port + 1}`
      : error.message,
  ),
)
const stop = () => server.close()
process.once('SIGTERM', stop).once('SIGINT', stop)
// npm and npx end on a signal without passing it on.
const parent = process.ppid
if (process.env.npm_command) setInterval(() => process.ppid === parent || stop(), 500).unref()
