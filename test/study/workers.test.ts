import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Draw } from '../../scripts/fuzz/reader.ts'
import { killSharedStudy, type SharedVictim } from '../../scripts/soak/kill-shared.ts'
import { Lab } from '../../scripts/soak/lab.ts'
import { hasPostgres, PostgresServer } from '../../scripts/soak/postgres.ts'
import { few } from '../../scripts/soak/subjects.ts'
import { loadStudy } from '../../src/cli/load.ts'
import { version } from '../../src/cli/version.ts'
import { plan } from '../../src/study/design/plan.ts'
import { prepare } from '../../src/study/run/prepared.ts'
import { Connection } from '../../src/study/shared/connection.ts'
import { SharedStudy } from '../../src/study/shared/shared-study.ts'
import { keyOfSources, readSources } from '../../src/study/shared/sources.ts'
import { main } from '../support/command.ts'
import { toyStudy } from './toy-study.ts'

describe.skipIf(!hasPostgres)('workers of a PostgreSQL database', () => {
  const root = mkdtempSync(join(tmpdir(), 'evenstep-workers-'))
  let server: PostgresServer
  let lab: Lab
  beforeAll(async () => {
    server = await PostgresServer.begin()
    lab = new Lab(mkdtempSync(join(root, 'lab-')), main)
  })
  afterAll(() => {
    server?.end()
    rmSync(root, { recursive: true })
  })

  test('a study gives what one gives without a database, whatever of it is killed in the middle of a trial', async () => {
    const victims = ['process', 'worker', 'planner', 'database'] as const
    const killed: SharedVictim[] = []
    await killSharedStudy(lab, few, join(root, 'killed'), new Draw('shared'), {
      ...{ server, victims, pause: 1 },
      tried: (victim) => void killed.push(victim),
    })
    expect(killed, 'the study was over before all was killed').toEqual(victims)
  })

  describe('what a worker takes', () => {
    const database = 'taken'
    const folder = mkdtempSync(join(root, 'files-'))
    let connection: Connection
    beforeAll(async () => {
      server.sql('postgres', `CREATE DATABASE ${database}`)
      connection = await Connection.open(server.url(database))
    })
    afterAll(() => connection?.close())
    const sql = (statements: string): string => server.sql(database, statements)

    /** Plans the study in a file as `evenstep study` does. @returns its key */
    async function planned(file: string, models: boolean = false): Promise<string> {
      const { study, experiment, origin } = await loadStudy(file)
      const { name, describe, space, settingsOf } = prepare(study, experiment, study.name!)
      const sources = readSources(origin)
      const shared = await SharedStudy.begin(connection, {
        ...{ name, description: describe(), evenstep: version, sources, file, origin },
        ...{ settings: [], models, priority: 0 },
      })
      await shared.ask(plan(study.design, space, []), settingsOf)
      return keyOfSources(sources)
    }

    /** A file of a study of two trials. */
    const toy = (name: string, more: string = ''): string =>
      toyStudy(folder, `${name}.ts`, `factors: { lr: [0.1, 0.2] }, seeds: 1, steps: 5,`, more)

    test('it runs what it has or trusts, and says why it leaves the rest', async () => {
      const keys: Record<string, string> = {}
      for (const name of ['trusted', 'stranger', 'newer', 'edited', 'otherData'])
        keys[name] = await planned(toy(name), name === 'trusted')
      const json = {
        experiment: { data: 'digits10x10', model: [['Linear', 100, 10]], loss: 'crossEntropy' },
        ...{ factors: { 'optimizer.lr': [0.1] }, seeds: 1, steps: 3, name: 'json' },
      }
      Object.assign(json.experiment, { optimizer: { type: 'sgd', lr: 0.1 }, batchSize: 8, epochs: 1 })
      writeFileSync(join(folder, 'json.json'), JSON.stringify(json))
      await planned(join(folder, 'json.json'))
      sql(`UPDATE evenstep.study SET evenstep = '99.0.0' WHERE name = 'newer'`)
      writeFileSync(join(folder, 'edited.ts'), `${readFileSync(join(folder, 'edited.ts'), 'utf8')}// more`)
      sql(`UPDATE evenstep.study SET description =
        replace(description, '"fingerprint":"', '"fingerprint":"0') WHERE name = 'otherData'`)

      const files = ['edited.ts', 'otherData.ts'].map((name) => join(folder, name))
      const url = server.url(database)
      const { code, out, err } = await lab.evenstep([
        ...['worker', ...files, '--database', url, '--concurrency', '1', '--idle-limit', '0.5'],
        ...['--trust', keys.trusted!],
      ])
      expect(code, err).toBe(0)
      expect(err.trimEnd().split('\n').toSorted()).toEqual([
        `study edited: wanted its experiment, got ${files[0]}, which differs by a byte or more, or imports another file; copy it from where the study was planned`,
        `study newer: wanted Evenstep 99.0.0 as where it was planned, got ${version}; install evenstep@99.0.0`,
        expect.stringMatching(
          /^study otherData: wanted its training and validation data, with fingerprint 0(\w+), got others, with \1; use those with which it was planned$/,
        ),
        `study stranger: wanted leave to run its code, got none; start the worker with --trust ${keys.stranger}, or with your own copy of stranger.ts`,
      ])
      const [first, ...lines] = out.trimEnd().split('\n')
      expect(first).toBe(`${server.shown(database)} · 1 at a time`)
      expect(lines.map((line) => line.replace(/ in [\d.]+ s$/, '')).toSorted()).toEqual([
        'study json: trial 1 done',
        ...[1, 2].map((id) => `study trusted: trial ${id} done`),
      ])
      expect(
        sql(`SELECT string_agg(name, ' ' ORDER BY name) FROM evenstep.study
        WHERE NOT EXISTS (SELECT FROM evenstep.trial WHERE study = study.id AND status IS NULL)`),
      ).toBe('json trusted')
      expect(out + err).not.toContain(encodeURIComponent(server.password))
    })

    test('bytes under a trusted key must be those of the key', async () => {
      const key = await planned(toy('forged'))
      await planned(toy('forger', "name: 'forger',"))
      sql(
        `UPDATE evenstep.study SET sources = (SELECT sources FROM evenstep.study WHERE name = 'forger') WHERE name = 'forged'`,
      )
      const args = [
        '--study',
        'forged',
        '--trust',
        key,
        '--idle-limit',
        '0.1',
        '--database',
        server.url(database),
      ]
      const { err } = await lab.evenstep(['worker', ...args])
      expect(err).toMatch(/^study forged: wanted leave to run its code, got none; /)
      const unknown = await lab.evenstep(['worker', '--study', 'none', '--database', server.url(database)])
      expect([unknown.code, unknown.err]).toEqual([
        2,
        `${server.shown(database)}: wanted the study none, got edited, forged, forger, json, newer, otherData, stranger, trusted; check --study\n`,
      ])
    })

    test('the planner gets results, logs and models, and no file holds the password', async () => {
      const out = join(root, 'trusted')
      const args = ['study', join(folder, 'trusted.ts'), '--out', out, '--database', server.url(database)]
      const outcome = await lab.evenstep([...args, '--models', '--priority', '2'])
      expect(outcome.code, outcome.err).toBe(0)
      expect(outcome.err).toMatch(
        /^start workers with npx evenstep worker .*trusted\.ts --database postgres:\/\/evenstep@127/,
      )
      expect(readdirSync(join(out, 'trials/0002')).toSorted()).toEqual([
        ...[
          'events.jsonl',
          'inference.json',
          'inference.onnx',
          'loss.onnx',
          'model.json',
          'model.safetensors',
        ],
        ...['run.json', 'trial.json'],
      ])
      const evaluated = await lab.evenstep(['eval', join(out, 'trials/0002')])
      expect(evaluated.code, evaluated.err).toBe(0)
      const texts = [outcome.out, outcome.err, ...textsIn(out)]
      for (const secret of [server.password, encodeURIComponent(server.password)])
        expect(texts.filter((text) => text.includes(secret))).toEqual([])
      const { repeat } = JSON.parse(readFileSync(join(out, 'results.json'), 'utf8'))
      expect(repeat.command).toContain(`--database ${server.shown(database)} --priority 2 --models`)
    })
  })
})

/** The contents of all files below a folder. */
const textsIn = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((path) => statSync(path).isFile())
    .map((path) => readFileSync(path, 'latin1'))
