import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { FolderSource } from '../../src/pages/folder-source.ts'
import { findIn } from '../../src/pages/found.ts'
import { routes } from '../../src/pages/routes.ts'
import type { ListView, RunView } from '../../src/pages/views.ts'

// A folder of runs that a stranger has sent.

const root = mkdtempSync(join(tmpdir(), 'evenstep-hostile-'))
afterAll(() => rmSync(root, { recursive: true }))
const folder = join(root, 'runs')
const app = routes(new FolderSource(folder))

const markup = '<img src=x onerror=alert(1)>'
const escapes = '\u001b]0;title\u0007\u202e'

const start = '{"type":"start","steps":2}\n'
const step = '{"type":"step","epoch":0,"step":0,"loss":0.25,"lr":0.1}\n'

/** Makes a run; returns its folder. */
function run(name: string, description: object, log: string = start + step): string {
  const path = join(folder, name)
  mkdirSync(path, { recursive: true })
  writeFileSync(join(path, 'run.json'), JSON.stringify(description))
  writeFileSync(join(path, 'events.jsonl'), log)
  return path
}

/** First message of a stream. */
async function first<View>(path: string): Promise<View> {
  const response = await app.request(path, { headers: { host: 'localhost' } })
  expect(response.status).toBe(200)
  const reader = response.body!.getReader()
  let text = ''
  while (!text.includes('\n\n')) text += new TextDecoder().decode((await reader.read()).value)
  await reader.cancel()
  return JSON.parse(/^data: (.*)$/m.exec(text)![1]!)
}

const address = (id: string): string => `/api/run?${new URLSearchParams({ id })}`
const status = async (path: string): Promise<number> =>
  (await app.request(path, { headers: { host: 'localhost' } })).status

beforeAll(() => {
  mkdirSync(folder)
  writeFileSync(join(root, 'secret.txt'), 'secret')
  mkdirSync(join(root, 'outside'))
  writeFileSync(join(root, 'outside/run.json'), '{"name":"secret"}')
  writeFileSync(join(root, 'outside/events.jsonl'), start + step)
})

describe('names and settings', () => {
  test('with markup and escape codes are texts, in which the codes are shown', async () => {
    const name = `${markup.replaceAll('/', '')}${escapes}`
    run(name, { name: markup, [markup]: escapes, optimizer: { type: 'sgd', lr: 0.1 } })
    const shown = name.replace('\u001b', '\\u001b').replace('\u0007', '\\u0007').replace('\u202e', '\\u202e')
    const { runs } = await first<ListView>('/api/list')
    expect(runs.map(({ id }) => id)).toContain(shown)
    const view = await first<RunView>(address(shown))
    expect(view.settings).toContainEqual([markup, '\\u001b]0;title\\u0007\\u202e'])
    expect(view.loss.raw.y).toEqual([0.25])
  })

  test('of ten megabytes are cut', async () => {
    const many = Object.fromEntries(Array.from({ length: 100_000 }, (_, i) => [`key ${i}`, 'x'.repeat(60)]))
    run('long', { text: 'y'.repeat(3_000_000), many })
    const view = await first<RunView>(address('long'))
    expect(view.settings).toHaveLength(200)
    expect(view.omitted).toBe(100_002 - 200)
    expect(JSON.stringify(view).length).toBeLessThan(50_000)
    const { runs } = await first<ListView>('/api/list')
    expect(JSON.stringify(runs).length).toBeLessThan(100_000)
  })

  test('that are too long, too deep or no JSON are of a damaged run', async () => {
    run('too-long', { text: 'y'.repeat(17_000_000) })
    writeFileSync(join(run('too-deep', {}), 'run.json'), `${'['.repeat(1e5)}${']'.repeat(1e5)}`)
    writeFileSync(join(run('no-json', {}), 'run.json'), 'no JSON')
    for (const id of ['too-long', 'too-deep', 'no-json'])
      expect((await first<RunView>(address(id))).state, id).toBe('damaged')
  })
})

describe('what leads out of the folder', () => {
  test('is neither listed nor found: links to runs, and paths', async () => {
    symlinkSync(join(root, 'outside'), join(folder, 'linked'))
    expect(findIn(folder).map(({ id }) => id)).not.toContain('linked')
    for (const id of ['linked', '../outside', `${folder}/../outside`, '..', 'linked/.', '%2e%2e/outside'])
      expect(await status(address(id)), id).toBe(404)
  })

  test('is not read: files of a run that are links', async () => {
    const path = run('links', { name: 'links' })
    for (const name of ['run.json', 'events.jsonl', 'doctor.json']) {
      rmSync(join(path, name), { force: true })
      symlinkSync(join(root, 'outside', name === 'doctor.json' ? 'run.json' : name), join(path, name))
    }
    expect(findIn(folder).map(({ id }) => id)).not.toContain('links') // its run.json is no file
    rmSync(join(path, 'run.json'))
    writeFileSync(join(path, 'run.json'), '{}')
    const view = await first<RunView>(address('links'))
    expect(view.state).toBe('damaged')
    expect(view.because).toContain('wanted a file, got a symbolic link')
    expect(JSON.stringify(view)).not.toContain('secret')
  })

  test('is not served: only files that the build of the pages has made', async () => {
    for (const path of [
      '/../../package.json',
      '/..%2f..%2fpackage.json',
      '//etc/passwd',
      '/ui/../../../package.json',
      '/%2e%2e/%2e%2e/package.json',
      '/assets/..%5c..%5cpackage.json',
    ])
      expect(await status(path), path).toBe(404)
  })
})

describe('files that never end', () => {
  test.skipIf(process.platform === 'win32')('such as named pipes are refused', async () => {
    const path = run('pipe', {})
    rmSync(join(path, 'events.jsonl'))
    execFileSync('mkfifo', [join(path, 'events.jsonl')])
    const view = await first<RunView>(address('pipe'))
    expect(view.because).toContain('wanted a file, got a device')
  })

  test('such as a log of endless lines are given up', async () => {
    run('endless', {}, 'x'.repeat(2 << 20))
    expect((await first<RunView>(address('endless'))).because).toContain(
      'wanted lines of up to 1048576 bytes',
    )
  })

  test('a step with thousands of quantities is read for its loss', async () => {
    const wide = Object.fromEntries(Array.from({ length: 5000 }, (_, i) => [`bn${i}.angle`, 1]))
    const line = JSON.stringify({ type: 'step', epoch: 0, step: 0, loss: 0.5, lr: 0.1, ...wide })
    run('wide', {}, `${line}\n`)
    const view = await first<RunView>(address('wide'))
    expect([view.loss.raw.y, view.layers]).toEqual([[0.5], []])
  })
})

test('a lock that names another process does not stop that process', async () => {
  const path = run('locked', {})
  const stat = { pid: process.ppid, host: 'elsewhere' }
  for (const holder of [stat, { ...stat, pid: -1 }, { ...stat, pid: 0 }, { pid: 1 }]) {
    writeFileSync(join(path, 'run.lock-stranger'), JSON.stringify(holder))
    const response = await app.request('/api/stop?id=locked', {
      method: 'POST',
      headers: { host: 'localhost', origin: 'http://localhost' },
    })
    expect(response.status).toBe(409)
  }
})
