import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { FolderSource } from './folder-source.ts'
import { routes } from './routes.ts'

const folder = mkdtempSync(join(tmpdir(), 'evenstep-guard-'))
afterAll(() => rmSync(folder, { recursive: true }))

const local = routes(new FolderSource(folder))
const open = routes(new FolderSource(folder), 'secret')

const status = async (
  headers: Readonly<Record<string, string>>,
  { app = local, path = '/api/run?id=none', method = 'GET' } = {},
): Promise<number> => (await app.request(path, { method, headers })).status

/** Status of a request that passed the guard: there is no such run. */
const passed = 404

const own = { host: '127.0.0.1:4177' }

test.each(['127.0.0.1:4177', 'localhost:80', 'localhost', '[::1]:4177'])(
  'a page at %s is answered',
  async (host) => {
    expect(await status({ host })).toBe(passed)
    expect(await status({ host, origin: `http://${host}`, 'sec-fetch-site': 'same-origin' })).toBe(passed)
  },
)

test.each([
  'evil.example',
  'evil.example:4177',
  '127.0.0.1.evil.example',
  '127.0.0.1:80@evil.example',
  '192.168.0.2:4177',
  '0.0.0.0:4177',
  '127.1',
  '[::ffff:127.0.0.1]',
  'localhost.',
  '',
])('a request to the host %j gets nothing, as after DNS rebinding', async (host) => {
  expect(await status({ host })).toBe(403)
  expect(await status({ host, origin: `http://${host}` })).toBe(403)
})

test.each(['https://evil.example', 'http://127.0.0.1:8080', 'http://localhost:4177', 'null', 'file://'])(
  'a page of %s gets nothing',
  async (origin) => {
    expect(await status({ ...own, origin })).toBe(403)
    expect(await status({ ...own, origin }, { method: 'POST', path: '/api/stop?id=none' })).toBe(403)
  },
)

test('a request of another site without an origin, such as by an image or a link, gets nothing', async () => {
  for (const site of ['cross-site', 'same-site'])
    expect(await status({ ...own, 'sec-fetch-site': site })).toBe(403)
  expect(await status({ ...own, 'sec-fetch-site': 'none' })).toBe(passed)
})

test('a run is stopped by a page of this server alone', async () => {
  const post = { method: 'POST', path: '/api/stop?id=none' }
  expect(await status(own, post)).toBe(403)
  expect(await status({ ...own, origin: 'http://127.0.0.1:4177' }, post)).toBe(passed)
})

test('at another address, every request carries the token: first in its query, then as a cookie', async () => {
  const host = { host: '192.168.0.2:4177' }
  for (const path of ['/', '/api/list', '/api/run?id=none', '/?token=wrong', '/assets/ui.js'])
    expect(await status(host, { app: open, path })).toBe(401)
  const first = await open.request('/?token=secret', { headers: host })
  expect([first.status, first.headers.get('location')]).toEqual([302, '/'])
  const cookie = first.headers.get('set-cookie')!
  expect(cookie).toMatch(/^evenstep-token-4177=secret; Path=\/; HttpOnly; SameSite=Strict$/)
  const { 0: given } = cookie.split(';')
  expect(await status({ ...host, cookie: given! }, { app: open })).toBe(passed)
  expect(await status({ ...host, cookie: given!, origin: 'https://evil.example' }, { app: open })).toBe(403)
  // A cookie of another server on the machine, which is at another port, is not in the way.
  const both = `evenstep-token-4178=other; ${given}`
  expect(await status({ ...host, cookie: both }, { app: open })).toBe(passed)
})

test('a request for the head of a stream begins none', async () => {
  const { status, headers } = await local.request('/api/list', { method: 'HEAD', headers: own })
  expect([status, headers.get('content-type')]).toEqual([200, null])
})

test('what is answered may neither be framed nor read by other sites, and runs no script of theirs', async () => {
  const { headers } = await local.request('/', { headers: own })
  expect(headers.get('content-security-policy')).toContain("frame-ancestors 'none'")
  expect(headers.get('content-security-policy')).toMatch(/script-src 'self' 'wasm-unsafe-eval';/)
  expect(headers.get('cross-origin-resource-policy')).toBe('same-origin')
  expect(headers.get('access-control-allow-origin')).toBe(null)
})
