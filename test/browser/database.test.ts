import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { hasPostgres, PostgresServer } from '../../scripts/soak/postgres.ts'
import { DatabaseSource } from '../../src/pages/database-source.ts'
import { routes } from '../../src/pages/routes.ts'
import type { CompareView, ListView, RunView, StudyView } from '../../src/pages/views.ts'
import type { Asked } from '../../src/study/design/design.ts'
import { Connection } from '../../src/study/shared/connection.ts'
import { type Planned, SharedStudy } from '../../src/study/shared/shared-study.ts'
import { packFiles } from '../../src/study/shared/trial-files.ts'
import { TrialQueue } from '../../src/study/shared/trial-queue.ts'
import { WatchedDatabase } from '../../src/study/shared/watched-database.ts'
import type { TrialResult } from '../../src/study/trial.ts'
import { hasChromium, hasPages, openPage } from '../support/browser.ts'
import { main } from '../support/command.ts'
import { look } from '../support/look.ts'
import { MessageStream } from '../support/message-stream.ts'

// `evenstep ui --database`, on a real PostgreSQL whose trials are taken and finished here as workers do it.

const description = {
  experiment: { loss: 'crossEntropy' },
  factors: { 'optimizer.lr': [0.01, 0.1, 1] },
  design: { type: 'grid' },
  seeds: 2,
  metric: 'validationLoss',
  watch: false,
}
const trials: readonly Asked[] = [0, 1].flatMap((seed) =>
  [0.01, 0.1, 1].map((lr) => ({ settings: { 'optimizer.lr': lr }, seed, steps: 3, rung: 0 })),
)
const sources = { entry: 'digits.ts', files: { 'digits.ts': '' } }
const planned = (name: string): Planned => ({
  ...{ name, description, evenstep: '1.0.0', file: '/a/study.ts', origin: '/a/digits.ts', settings: [] },
  ...{ sources, models: false, priority: 0 },
})
const markup = '<img src=x onerror=alert(1)>\u001b[31m'

describe.skipIf(!hasPostgres)('ui --database', () => {
  const root = mkdtempSync(join(tmpdir(), 'evenstep-ui-database-'))
  let server: PostgresServer
  let writer: Connection
  let database: WatchedDatabase
  let app: ReturnType<typeof routes>
  let source: DatabaseSource

  const sql = (statements: string): string => server.sql('evenstep', statements)
  const reader = (): string => server.url('evenstep', 'reader', 'another secret')

  beforeAll(async () => {
    server = await PostgresServer.begin()
    sql(`CREATE USER reader PASSWORD 'another secret'`)
  })
  afterAll(async () => {
    await source?.close()
    await writer?.close()
    server?.end()
    rmSync(root, { recursive: true })
  })

  /** Finishes a trial that a worker has taken, with the files of a run of three steps. */
  async function finish(worker: string, taken: NonNullable<Awaited<ReturnType<TrialQueue['take']>>>) {
    const { trial } = taken
    const folder = join(root, `${taken.study}-${trial.id}`)
    mkdirSync(folder)
    const loss = 0.25 + Number(trial.settings['optimizer.lr']) + trial.seed / 100
    const result: TrialResult = {
      status: 'done',
      metrics: { trainLoss: loss, validationLoss: loss },
      steps: 3,
      time: { training: 3, total: 4 },
      curve: { steps: [2], trainLoss: [loss], lr: [0.1] },
    }
    const optimizer = { type: 'sgd', lr: trial.settings['optimizer.lr'] }
    writeFileSync(
      join(folder, 'run.json'),
      JSON.stringify({ name: 'digits', seed: trial.seed, optimizer, trial }),
    )
    const steps = [0, 1, 2].map((step) => ({ type: 'step', epoch: 0, step, loss: loss + 2 - step, lr: 0.1 }))
    const lines = [{ type: 'start', steps: 3 }, ...steps, { type: 'end', because: 'all steps were taken' }]
    writeFileSync(join(folder, 'events.jsonl'), lines.map((line) => `${JSON.stringify(line)}\n`).join(''))
    writeFileSync(join(folder, 'trial.json'), JSON.stringify({ trial, result }))
    const { files } = await packFiles(folder, false)
    expect(await new TrialQueue(writer, worker, 30).finish(taken, result, files)).toBe(true)
  }
  async function take(worker: string, study: string) {
    const id = Number(sql(`SELECT id FROM evenstep.study WHERE name = '${study}'`))
    return (await new TrialQueue(writer, worker, 30).take([id]))!
  }
  const watch = async (path: string): Promise<MessageStream> =>
    new MessageStream(await app.request(path, { headers: { host: 'localhost' } }))
  async function first<View>(path: string): Promise<View> {
    const stream = await watch(path)
    const view = await stream.next<View>()
    await stream.close()
    return view
  }
  const address = (what: string, ...ids: readonly string[]): string =>
    `/api/${what}?${new URLSearchParams(ids.map((id): [string, string] => ['id', id]))}`

  test('a database without studies is an empty list, which fills once there are some', async () => {
    database = await WatchedDatabase.open(reader())
    source = new DatabaseSource(database)
    app = routes(source)
    const stream = await watch('/api/list')
    expect(await stream.next<ListView>()).toMatchObject({
      kind: 'database',
      place: server.shown('evenstep', 'reader'),
      studies: [],
    })
    writer = await Connection.open(server.url())
    sql('GRANT USAGE ON SCHEMA evenstep TO reader; GRANT SELECT ON ALL TABLES IN SCHEMA evenstep TO reader')
    for (const name of ['rates', markup]) {
      const shared = await SharedStudy.begin(writer, planned(name))
      await shared.ask(trials, ({ settings }) => Object.entries(settings))
    }
    let list = await stream.next<ListView>()
    while (list.studies.length < 2) list = await stream.next<ListView>()
    await stream.close()
    const waiting = { trials: 6, done: 0, state: 'waiting', changed: 0 }
    expect(list.studies).toEqual([
      { id: markup.replace('\u001b', '\\u001b'), ...waiting },
      { id: 'rates', ...waiting },
    ])
  })

  test('a study shows who trains what, and what the trials have shown so far', async () => {
    const stream = await watch(address('study', 'rates'))
    expect(await stream.next<StudyView>()).toMatchObject({ state: 'waiting', done: 0, total: 6, workers: [] })
    const [a, b] = [await take('a:1', 'rates'), await take('b:2', 'rates')]
    let view = await stream.next<StudyView>()
    while (view.running.length < 2) view = await stream.next<StudyView>()
    expect(view).toMatchObject({
      state: 'running',
      workers: [
        { name: 'a:1', done: 0, running: ['rates/trials/0001'] },
        { name: 'b:2', done: 0, running: ['rates/trials/0002'] },
      ],
    })
    await finish('a:1', a)
    view = await stream.next<StudyView>()
    expect(view).toMatchObject({
      ...{ state: 'running', done: 1, left: 20, running: ['rates/trials/0002'] },
      workers: [
        { name: 'b:2', done: 0, running: ['rates/trials/0002'] },
        { name: 'a:1', done: 1, seconds: 4, running: [] },
      ],
      trials: [{ id: 'rates/trials/0001', status: 'done', score: 0.26 }],
    })
    expect(view.grids[0]!.cells.map(({ text, ids }) => [text, ids])).toEqual([
      ['0.260', ['rates/trials/0001']],
    ])
    await new TrialQueue(writer, 'b:2', 30).giveBack([b])
    expect(await stream.next<StudyView>()).toMatchObject({ state: 'waiting', running: [] })
    await stream.close()
    const list = await watch('/api/list')
    let done: number | undefined = 0
    while (done !== 1) done = (await list.next<ListView>()).studies.find(({ id }) => id === 'rates')?.done
    await list.close()
  })

  test('a trial is its run once it has ended, and what is known of it before', async () => {
    const done = await first<RunView>(address('run', 'rates/trials/0001'))
    expect(done).toMatchObject({ state: 'ended', steps: 3, because: 'all steps were taken', canStop: false })
    expect(done.loss.raw).toEqual({ x: [0, 1, 2], y: [2.26, 1.26, 0.26] })
    expect(done.result).toEqual([
      ['status', 'done'],
      ['trainLoss', '0.26'],
      ['validationLoss', '0.26'],
      ['steps', '3'],
      ['time', '4 s, of which 3 s in steps'],
    ])
    expect(JSON.stringify(done)).not.toContain(tmpdir())
    const stream = await watch(address('run', 'rates/trials/0002'))
    expect(await stream.next<RunView>()).toMatchObject({
      state: 'waiting',
      because: 'waits for a worker',
      steps: 0,
    })
    const taken = await take('c:3', 'rates')
    expect(await stream.next<RunView>()).toMatchObject({
      state: 'running',
      because: 'c:3 trains it, and sends what it logs once the trial has ended',
      settings: [
        ['optimizer.lr', '0.1'],
        ['seed', '0'],
      ],
    })
    await new TrialQueue(writer, 'c:3', 30).fault(taken, 'was killed by SIGKILL (process 7)')
    expect(await stream.next<RunView>()).toMatchObject({
      state: 'waiting',
      because: 'waits for another attempt: its process was killed by SIGKILL (process 7), of the worker c:3',
    })
    sql(`UPDATE evenstep.trial SET due = clock_timestamp() WHERE worker IS NULL`)
    await finish('c:3', await take('c:3', 'rates'))
    let ended = await stream.next<RunView>()
    while (ended.state !== 'ended') ended = await stream.next<RunView>()
    expect(ended.steps).toBe(3)
    await stream.close()
    const both = await first<CompareView>(
      address('compare', 'rates/trials/0001', 'rates/trials/0002', 'rates/trials/0003'),
    )
    expect(both.groups.map(({ ids, curve }) => [ids, curve.y.at(-1)])).toEqual([
      [['rates/trials/0001'], 0.26],
      [['rates/trials/0002'], 0.35],
    ])
  })

  test('a trial that failed without a run says why', async () => {
    const taken = await take('d:4', 'rates')
    const nothing = { metrics: {}, steps: 0, time: { training: 0, total: 0 } }
    const result = {
      ...nothing,
      status: 'failed',
      error: `no ${markup}`,
      curve: { steps: [], trainLoss: [], lr: [] },
    } as const
    await new TrialQueue(writer, 'd:4', 30).finish(taken, result, [])
    const view = await first<RunView>(address('run', 'rates/trials/0003'))
    expect(view).toMatchObject({ state: 'failed', because: `no ${markup.replace('\u001b', '\\u001b')}` })
    expect((await first<StudyView>(address('study', 'rates'))).failed).toBe(1)
  })

  test('what is not there is not found, and nothing can be stopped or written', async () => {
    const shown = server.shown('evenstep', 'reader')
    for (const [what, id, kind] of [
      ['study', 'none', 'study'],
      ['run', 'rates', 'trial'],
      ['run', 'rates/trials/9999', 'trial'],
      ['run', 'rates/trials/0001/../0002', 'trial'],
      ['compare', "rates'; DROP TABLE evenstep.trial; --/trials/0001", 'study'],
      ['run', 'rates/trials/99999999999999', 'trial'],
    ] as const) {
      const stream = await watch(address(what, id))
      const own = id.endsWith('0001') && kind === 'study' ? id.replace('/trials/0001', '') : id
      expect(await stream.next()).toEqual({ message: `${own}: wanted a ${kind} in ${shown}, got none` })
    }
    const headers = { host: 'localhost', origin: 'http://localhost' }
    const asked = await app.request(address('stop', 'rates/trials/0001'), { method: 'POST', headers })
    expect([asked.status, await asked.json()]).toEqual([
      409,
      {
        message:
          'rates/trials/0001: wanted a run that this machine trains, got a trial, which belongs to a worker; stop the worker instead',
      },
    ])
    const connection = await Connection.reader(server.url()) // even with all rights
    await expect(connection.read((query) => query('DELETE FROM evenstep.study'))).rejects.toThrow(
      'wanted a database to write, got one that is read-only',
    )
    await connection.close()
  })

  test('a study that is deleted says so', async () => {
    const id = markup.replace('\u001b', '\\u001b')
    const stream = await watch(address('study', id))
    await stream.next()
    sql(`DELETE FROM evenstep.study WHERE name <> 'rates'`)
    expect(await stream.next()).toEqual({
      message: `${server.shown('evenstep', 'reader')}: wanted a study in the database, got a deleted one`,
    })
  })

  test('a user who may not read, and a server that is not there, are errors without a password', async () => {
    sql(`CREATE USER guest PASSWORD 'guest'`)
    const guest = await WatchedDatabase.open(server.url('evenstep', 'guest', 'guest')).catch((error) => error)
    expect(guest).toMatchObject({
      message:
        `${server.shown('evenstep', 'guest')}: wanted the right to read the schema evenstep, got permission denied for schema evenstep; ` +
        'let its owner run GRANT USAGE ON SCHEMA evenstep TO, and GRANT SELECT ON ALL TABLES IN SCHEMA evenstep TO, your user',
      exitCode: 2,
    })
    const nowhere = await WatchedDatabase.open('postgres://me:hidden@127.0.0.1:1/x').catch((error) => error)
    expect(nowhere).toMatchObject({
      message:
        'postgres://me@127.0.0.1:1/x: wanted a PostgreSQL server that answers, got connect ECONNREFUSED 127.0.0.1:1; start it, or check host and port',
      exitCode: 4,
    })
  })

  describe.skipIf(!hasChromium || !hasPages)('in Chromium, where pages is installed', () => {
    let command: ChildProcess
    let said = ''
    beforeAll(async () => {
      command = spawn(process.execPath, [main, 'ui', '--database', reader()], {
        stdio: ['ignore', 'pipe', 'pipe'],
      })
      for (const stream of [command.stdout!, command.stderr!]) stream.on('data', (text) => (said += text))
      await once(command.stdout!, 'data')
    })
    afterAll(() => command?.kill('SIGKILL'))

    test('a study is followed to its trials, also when the database goes away and comes back', async () => {
      const page = await openPage(/http:\S+/.exec(said)![0])
      await page.getByRole('heading', { name: 'Studies', exact: true }).first().waitFor()
      await page.getByText('3 of 6 trials').waitFor()
      await page.getByRole('link', { name: 'rates' }).click()
      await page.getByText('waiting', { exact: true }).waitFor()
      const taken = await take('e:5', 'rates')
      const row = page.getByRole('row', { name: /^e:5/ })
      await row.getByRole('link', { name: '0004' }).waitFor()
      server.stop('immediate')
      await page
        .getByRole('alert')
        .getByText(/wanted a PostgreSQL server that answers.* Trying again/)
        .waitFor()
      server.start()
      await page.getByRole('alert').waitFor({ state: 'detached' })
      await finish('e:5', taken)
      await page.getByText('4 of 6 trials').waitFor()
      await row.getByRole('cell', { name: '4.0 s' }).waitFor()
      await look(page, 'database-study')
      await page.locator('.matrix td a').nth(1).click()
      await page.getByRole('heading', { name: 'rates/trials/0002' }).waitFor()
      await page.getByText('3 of 3 steps').waitFor()
      await page.getByText('4 s, of which 3 s in steps').waitFor()
      await look(page, 'database-trial')
      expect(await passwordIn(page)).toBe(false)
      command.kill('SIGINT')
      expect(await once(command, 'exit')).toEqual([0, null])
      expect(said).toMatch(`${server.shown('evenstep', 'reader')} at http://127.0.0.1:`)
      expect(said).not.toMatch(/secret/)
    })

    const passwordIn = async (page: Page): Promise<boolean> => (await page.content()).includes('secret')
  })
})
