import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { hasPostgres, PostgresServer } from '../../scripts/soak/postgres.ts'
import type { Finished } from '../../src/study/analysis/findings.ts'
import type { Asked } from '../../src/study/design/design.ts'
import { Connection } from '../../src/study/shared/connection.ts'
import { mostLost, type Planned, SharedStudy } from '../../src/study/shared/shared-study.ts'
import { TrialQueue } from '../../src/study/shared/trial-queue.ts'
import { someResult as result } from '../support/finished.ts'

const asked = (lr: number, seed = 0): Asked => ({ settings: { lr }, seed, steps: 10, rung: 0 })
const description = {
  experiment: { loss: 'crossEntropy' },
  factors: { lr: [0.1, 1] },
  design: { type: 'grid' },
  seeds: 1,
  metric: 'validationLoss',
  watch: false,
}
const planned = (name: string, more: Partial<Planned> = {}): Planned => ({
  ...{ name, description, evenstep: '1.0.0', file: '/a/study.ts', origin: '/a/digits.ts', settings: [] },
  ...{ sources: { entry: 'digits.ts', files: { 'digits.ts': '' } }, models: false, priority: 0, ...more },
})

describe.skipIf(!hasPostgres)('PostgreSQL', () => {
  let server: PostgresServer
  let connection: Connection
  const root = mkdtempSync(join(tmpdir(), 'evenstep-shared-'))
  beforeAll(async () => {
    server = await PostgresServer.begin()
    connection = await Connection.open(server.url())
  })
  afterAll(async () => {
    await connection?.close()
    server?.end()
    rmSync(root, { recursive: true })
  })
  const sql = (statements: string): string => server.sql('evenstep', statements)
  let studies = 0
  /** Begins a study of its own with trials of these rates. */
  async function begun(rates: readonly number[], more: Partial<Planned> = {}) {
    const name = `study-${studies++}`
    const shared = await SharedStudy.begin(connection, planned(name, more))
    await shared.ask(
      rates.map((lr) => asked(lr)),
      ({ settings }) => [['optimizer.lr', settings.lr]],
    )
    const id = Number(sql(`SELECT id FROM evenstep.study WHERE name = '${name}'`))
    return { name, shared, id }
  }
  const queueOf = (worker: string, lease = 30): TrialQueue => new TrialQueue(connection, worker, lease)
  async function finishedOf(shared: SharedStudy): Promise<Finished[]> {
    const all: Finished[] = []
    for await (const one of shared.finished(await shared.finishedIds())) all.push(one)
    return all
  }
  /** Lets the leases and pauses of a study's trials end. */
  const expire = (study: number): string =>
    sql(`UPDATE evenstep.trial SET due = clock_timestamp() - interval '1 second' WHERE study = ${study}`)

  test('a trial is taken by one worker, in the order of priorities and numbers, and its result is counted once', async () => {
    const low = await begun([0.1, 0.2])
    const high = await begun([0.3], { priority: 5 })
    const [a, b] = [queueOf('a'), queueOf('b')]
    const both = [low.id, high.id]
    const first = (await a.take(both))!
    expect(first).toMatchObject({
      ...{ study: high.id, attempt: 1, trial: { id: 1, settings: { lr: 0.3 }, seed: 0, steps: 10, rung: 0 } },
      changes: [['optimizer.lr', 0.3]],
    })
    const [second, third] = [(await b.take(both))!, (await a.take(both))!]
    expect([second, third].map(({ study, trial }) => [study, trial.id])).toEqual([
      [low.id, 1],
      [low.id, 2],
    ])
    expect(await b.take(both)).toBeUndefined()
    expect(await b.finish(second, result, [{ name: 'run.json', bytes: Buffer.from('x') }])).toBe(true)
    expect(await b.finish(second, { ...result, steps: 9 }, [])).toBe(false)
    expect(await finishedOf(low.shared)).toEqual([{ id: 1, ...asked(0.1), result }])
    expect(await low.shared.files(1)).toEqual([{ name: 'run.json', bytes: Buffer.from('x') }])
  })

  test('a lease that expires while its worker still trains: the late result is not counted', async () => {
    const { id, shared } = await begun([0.1])
    const [slow, quick] = [queueOf('slow', 0.1), queueOf('quick')]
    const late = (await slow.take([id]))!
    await slow.renew([late])
    await setTimeout(150)
    const again = (await quick.take([id]))!
    expect([late.attempt, again.attempt]).toEqual([1, 2])
    await slow.renew([late]) // holds it no longer, and cannot shorten the lease of the other
    expect(await queueOf('third').take([id])).toBeUndefined()
    await slow.giveBack([late])
    await slow.fault(late, 'not mine')
    expect(
      await slow.finish(late, { ...result, steps: 9 }, [{ name: 'run.json', bytes: Buffer.from('x') }]),
    ).toBe(false)
    expect(await quick.finish(again, result, [])).toBe(true)
    expect(await finishedOf(shared)).toEqual([{ id: 1, ...asked(0.1), result }])
    expect(await shared.files(1)).toEqual([])
  })

  test('a renewed lease does not expire, and one that expired but was not taken still counts', async () => {
    const { id, shared } = await begun([0.1])
    const queue = queueOf('slow', 0.4)
    const taken = (await queue.take([id]))!
    for (let i = 0; i < 3; i++) {
      await setTimeout(200)
      await queue.renew([taken])
      expect(await queueOf('other').take([id])).toBeUndefined()
    }
    await setTimeout(450)
    expect(await queue.finish(taken, result, [])).toBe(true)
    expect(await shared.finishedIds()).toEqual([1])
  })

  test('a worker that stops gives its trials back at once', async () => {
    const { id } = await begun([0.1])
    const taken = (await queueOf('stops').take([id]))!
    await queueOf('stops').giveBack([taken])
    expect(await queueOf('next').take([id])).toMatchObject({ attempt: 2 })
    expect(sql(`SELECT faults, lost FROM evenstep.trial WHERE study = ${id}`)).toBe('0|0')
  })

  test('a poisoned trial is tried again 3 times, after pauses, and then failed with its reason', async () => {
    const { id, shared } = await begun([0.1, 0.2])
    const queue = queueOf('host:7')
    await queue.finish((await queue.take([id]))!, result, [])
    const now = (): number => Number(sql('SELECT extract(epoch FROM clock_timestamp())'))
    const due = (): number =>
      Number(sql(`SELECT extract(epoch FROM due) FROM evenstep.trial WHERE study = ${id} AND id = 2`))
    for (const [i, pause] of [1, 4, 16, 0].entries()) {
      await shared.giveUp()
      const taken = (await queue.take([id]))!
      expect(taken).toMatchObject({ attempt: i + 1, trial: { id: 2 } })
      const before = now()
      await queue.fault(taken, `was killed by SIGKILL (process ${i + 1})`)
      expect(due() - before).toBeGreaterThanOrEqual(pause)
      expect(due() - now()).toBeLessThanOrEqual(pause)
      expire(id)
    }
    expect(await queue.take([id])).toBeUndefined()
    await shared.giveUp()
    const [, poisoned] = await finishedOf(shared)
    expect(poisoned!.result).toMatchObject({
      status: 'failed',
      error:
        'trial 2: wanted a worker to finish it, got 4 attempts that failed; the last: its process was killed by SIGKILL (process 4), of the worker host:7',
    })
    await shared.forgetFailed()
    expect(await queue.take([id])).toMatchObject({ attempt: 5, trial: { id: 2 } })
  })

  test('a trial that takes whole workers with it is given up in the end', async () => {
    const { id, shared } = await begun([0.1])
    const queue = queueOf('host:7')
    for (const attempt of [1, 2, 3]) {
      if (attempt === 2) sql(`UPDATE evenstep.trial SET lost = ${mostLost - 2} WHERE study = ${id}`)
      expect(await queue.take([id])).toMatchObject({ attempt })
      await shared.giveUp()
      expire(id)
    }
    expect(await queue.take([id])).toBeUndefined()
    await shared.giveUp()
    expect((await finishedOf(shared))[0]!.result.error).toBe(
      'trial 1: wanted a worker to finish it, got 21 attempts whose leases expired; the last by host:7',
    )
  })

  test('workers and planners at once take and add each trial once', async () => {
    const name = `study-${studies++}`
    const planners = await Promise.all([1, 2, 3].map(() => SharedStudy.begin(connection, planned(name))))
    const all = Array.from({ length: 60 }, (_, i) => asked(0.1, i))
    await Promise.all(
      planners.flatMap((one) => [one.ask(all.slice(0, 40), () => []), one.ask(all, () => [])]),
    )
    const id = Number(sql(`SELECT id FROM evenstep.study WHERE name = '${name}'`))
    expect(sql(`SELECT count(*), min(id), max(id) FROM evenstep.trial WHERE study = ${id}`)).toBe('60|1|60')
    const taken: number[] = []
    const work = async (worker: number): Promise<void> => {
      const queue = queueOf(`w${worker}`)
      for (let one = await queue.take([id]); one; one = await queue.take([id])) {
        taken.push(one.trial.id)
        await queue.finish(one, result, [])
      }
    }
    await Promise.all(Array.from({ length: 8 }, (_, i) => work(i)))
    expect(taken.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 60 }, (_, i) => i + 1))
    expect(await planners[0]!.finishedIds(57)).toEqual([58, 59, 60])
  })

  test('a study grows, and another one of its name is refused', async () => {
    const { name, id } = await begun([0.1])
    const grown = { ...description, factors: { lr: [0.1, 1, 2] }, seeds: 2 }
    await SharedStudy.begin(connection, planned(name, { description: grown, priority: 3 }))
    expect(sql(`SELECT priority FROM evenstep.trial WHERE study = ${id}`)).toBe('3')
    await expect(SharedStudy.begin(connection, planned(name))).rejects.toThrow(
      `${server.shown()}, study ${name}: wanted the study that was begun here, got factors.lr without 2; ` +
        'change it back, or choose another name for the study',
    )
  })

  test('a study that is deleted ends its planner, and damaged rows end the worker that takes them', async () => {
    const { name, id, shared } = await begun([0.1])
    const who = `${server.shown()}, study ${name}: wanted a study in the database, got one that was deleted meanwhile`
    sql(`UPDATE evenstep.trial SET changes = '{' WHERE study = ${id}`)
    const damaged = queueOf('a').take([id])
    await expect(damaged).rejects.toThrow(
      `${server.shown()}: wanted trial 1 of a study as it was planned, got something else; ` +
        `delete the study: DELETE FROM evenstep.study WHERE id = ${id}`,
    )
    await expect(damaged).rejects.toMatchObject({ exitCode: 4 })
    sql(`DELETE FROM evenstep.study WHERE id = ${id}`)
    await expect(shared.finishedIds()).rejects.toThrow(`${who}; repeat to begin it anew`)
    await expect(shared.ask([asked(0.2)], () => [])).rejects.toThrow(`${who}; repeat to begin it anew`)
  })

  test('a signal ends what waits for a server that does not answer, after 4 s, and so does closing', async () => {
    const own = await Connection.open(server.url())
    const controller = new AbortController()
    own.endWith(controller.signal)
    const slow = own.query('SELECT pg_sleep(60)')
    controller.abort(new Error('enough'))
    const begun = performance.now()
    await expect(slow).rejects.toThrow('enough')
    expect(performance.now() - begun).toBeGreaterThan(3900)
    await own.close()
    await expect(own.query('SELECT')).rejects.toThrow(
      `${server.shown()}: wanted an open connection, got a closed one`,
    )
  })

  test('a statement goes on when connections are cut and the server restarts', async () => {
    const { id } = await begun([0.1, 0.2])
    const queue = queueOf('a')
    const taken = (await queue.take([id]))!
    sql(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()`,
    )
    await queue.renew([taken])
    server.stop('immediate')
    const finished = queue.finish(taken, result, [])
    await setTimeout(150)
    server.start()
    expect(await finished).toBe(true)
    server.stop('immediate')
    const impatient = Connection.open(server.url())
    await expect(impatient).rejects.toThrow(
      `${server.shown()}: wanted a PostgreSQL server that answers, got connect ECONNREFUSED 127.0.0.1:${server.port}; ` +
        'start it, or check host and port',
    )
    await expect(impatient).rejects.toMatchObject({ exitCode: 4 })
    server.start()
    expect(await queue.take([id])).toMatchObject({ trial: { id: 2 } })
  })

  test('a server that stays away ends the wait', async () => {
    const own = await Connection.open(server.url(), { patience: 0.2 })
    server.stop('immediate')
    try {
      await expect(new TrialQueue(own, 'a', 30).names()).rejects.toThrow(
        `${server.shown()}: wanted a PostgreSQL server that answers within 0.2 s, got none; the last: ` +
          `connect ECONNREFUSED 127.0.0.1:${server.port}; start it, or check host and port`,
      )
    } finally {
      server.start()
      await own.close()
    }
  })

  describe('what the server refuses', () => {
    const refused = async (url: string): Promise<unknown> => {
      const error: unknown = await Connection.open(url).catch((thrown) => thrown)
      expect(JSON.stringify([String(error), Object(error).stack])).not.toContain(
        encodeURIComponent(server.password),
      )
      expect(String(error)).not.toContain(server.password)
      return error
    }

    test('a password or user', async () => {
      const wanted = 'wanted a user and a password that the server accepts'
      const fix = 'check both; the password may be in PGPASSWORD or ~/.pgpass'
      expect(await refused(server.url('evenstep', 'evenstep', 'wrong'))).toMatchObject({
        message: `${server.shown()}: ${wanted}, got password authentication failed for user "evenstep"; ${fix}`,
        exitCode: 2,
      })
      expect(await refused(server.shown())).toMatchObject({
        message: `${server.shown()}: ${wanted}, got no password; ${fix}`,
      })
    })

    test('a database', async () => {
      expect(await refused(server.url('nowhere'))).toMatchObject({
        message: `${server.shown('nowhere')}: wanted a database that exists, got database "nowhere" does not exist; create it with createdb`,
        exitCode: 2,
      })
    })

    test('rights', async () => {
      sql(`CREATE USER guest PASSWORD 'guest'`)
      const own = 'wanted the right to use and to create the schema evenstep'
      const fix = 'let the owner of the database run CREATE SCHEMA evenstep AUTHORIZATION with your user'
      expect(await refused(server.url('evenstep', 'guest', 'guest'))).toMatchObject({
        message: `${server.shown('evenstep', 'guest')}: ${own}, got permission denied for schema evenstep; ${fix}`,
      })
      server.sql('postgres', 'CREATE DATABASE bare')
      expect(await refused(server.url('bare', 'guest', 'guest'))).toMatchObject({
        message: `${server.shown('bare', 'guest')}: ${own}, got permission denied for database bare; ${fix}`,
      })
      server.sql('bare', 'CREATE SCHEMA evenstep AUTHORIZATION guest')
      await (await Connection.open(server.url('bare', 'guest', 'guest'))).close()
    })

    test('tables', async () => {
      server.sql('bare', 'DROP TABLE evenstep.file')
      const own = await Connection.open(server.url('bare'))
      await expect(own.query('SELECT FROM evenstep.file')).rejects.toThrow(
        `${server.shown('bare')}: wanted the tables of studies as Evenstep made them, got relation "evenstep.file" does not exist; ` +
          'restore them, or run DROP SCHEMA evenstep CASCADE, which deletes all studies',
      )
      await own.close()
      server.sql('bare', 'UPDATE evenstep.version SET version = 99')
      expect(await refused(server.url('bare'))).toMatchObject({
        message: `${server.shown('bare')}: wanted tables of version 1 or less, got 99, which a newer Evenstep made; update this one`,
        exitCode: 2,
      })
    })
  })
})
