import { execFileSync, spawnSync } from 'node:child_process'
import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, test } from 'vitest'
import {
  childrenOf,
  evenstepStudy,
  eventsOf,
  type Outcome,
  timeless,
  toyStudy,
  trialsOf,
} from '../../test/study/toy-study.ts'
import { commandIn, main } from '../../test/support/command.ts'
import { trialCount } from '../study/design/plan.ts'
import { prepare } from '../study/run/prepared.ts'
import { loadStudy } from './load.ts'

const { folder: root, together } = commandIn('evenstep-study-')

const at = (...path: string[]): string => join(root, ...path)
const evenstep = (...args: string[]): string =>
  execFileSync(process.execPath, [main, ...args], { encoding: 'utf8' })
/** Trials one at a time, where several workers at once are not the question: each takes longer to start than its trials. */
const alone = ['--workers', '1']
/** Leave out the trials' times, and what they decide. */
const grid = (lrs: string, seeds = 2): string =>
  `factors: { normalization: ['none', 'batch'], schedule: ['cosine'], lr: ${lrs} }, seeds: ${seeds}, steps: 40,`

describe('evenstep study', () => {
  let first: Outcome
  const workers = new Set<number>()
  const file = (): string => toyStudy(root, 'toy.ts', grid('[0.1, 1, 1e4]'))
  beforeAll(async () => {
    first = await evenstepStudy([file(), '--out', at('toy')], (_, pid) => {
      for (const worker of childrenOf(pid)) workers.add(worker)
    })
  })

  test('leaves no process behind', () => {
    if (process.platform === 'linux') expect(workers.size).toBeGreaterThan(0)
    for (const pid of workers) expect(() => process.kill(pid, 0)).toThrow('ESRCH')
  })

  test('runs every trial, tells how far it is, and what was best', () => {
    const { code, out, err } = first
    expect([code, err]).toEqual([0, ''])
    const lines = out.split('\n')
    expect(lines[0]).toMatch(/^toy · grid of 12 trials · 2 seeds · \d+ at a time · judged by validationLoss$/)
    const progress = lines.filter((line) => /^\d+ of 12 trials · /.test(line))
    expect(progress).toHaveLength(12)
    expect(progress.at(-1)).toMatch(
      /^12 of 12 trials · \d+ s · best validationLoss 0\.\d+: normalization \w+, schedule cosine, lr [01.]+ · 4 diverged or failed$/,
    )
    const table = lines.slice(lines.indexOf('best validationLoss after 40 steps, mean over seeds:'))
    expect(table[1]).toMatch(
      /^ {2}0\.\d+ \(95 % interval .+\) {2}normalization \w+, schedule cosine, lr [01.]+$/,
    )
    expect(out).toContain(
      `stored in ${at('toy')}: report.html, report.md, findings.json, sources.bib, results.json, study.db, trials`,
    )
  })

  test('keeps what came of each', () => {
    const trials = trialsOf(at('toy'))
    expect(trials.map(({ id }) => id)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12])
    const [good, bad] = [trials[0]!.result, trials[2]!.result]
    expect(good).toMatchObject({ status: 'done', steps: 40 })
    expect(good.metrics).toEqual({
      trainLoss: expect.any(Number),
      validationLoss: expect.any(Number),
      validationAccuracy: expect.any(Number),
    })
    expect(good.curve.steps).toEqual(Array.from({ length: 40 }, (_, i) => i))
    expect(good.time.total).toBeGreaterThan(good.time.training)
    expect(bad).toMatchObject({ status: 'diverged', metrics: {} })
    expect(bad.error).toMatch(/^train: wanted a finite /)
    expect(readFileSync(at('toy', 'report.md'), 'utf8')).toMatch(/^# toy\n/)
    expect(readFileSync(at('toy', 'report.html'), 'utf8')).toContain('<title>')
    const findings = JSON.parse(readFileSync(at('toy', 'findings.json'), 'utf8'))
    expect(findings.cost).toMatchObject({ trials: 12, done: 8, diverged: 4, failed: 0 })
    expect(findings.repeat.command).toBe(`npx evenstep study ${at('toy.ts')} --out ${at('toy')}`)
  })

  test('leaves runs that can be measured, and are those of evenstep train', async () => {
    const [, good] = trialsOf(at('toy'))
    const { origin } = JSON.parse(readFileSync(at('toy', 'trials', '0002', 'run.json'), 'utf8'))
    expect(origin.file).toBe(at('toy.ts'))
    const settings = origin.settings.flatMap((one: string) => ['--set', one])
    const [evaluated, trained] = await together(
      ['eval', at('toy', 'trials', '0002'), '--json'],
      ['train', origin.file, ...settings, '--out', at('alone')],
    )
    expect(JSON.parse(evaluated!.out).loss).toBeCloseTo(good!.result.metrics.validationLoss!, 6)
    expect(trained!.code).toBe(0)
    const model = (folder: string): Buffer => readFileSync(join(folder, 'model.safetensors'))
    expect(model(at('alone'))).toEqual(model(at('toy', 'trials', '0002')))
  })

  test('has nothing to do the second time', async () => {
    const before = trialsOf(at('toy'))
    const { code, out } = await evenstepStudy([file(), '--out', at('toy'), '--json'])
    expect(code).toBe(0)
    expect(eventsOf(out)).toEqual([
      { type: 'start', finished: 12, done: 12, total: 12 },
      { type: 'end', finished: 12 },
    ])
    expect(trialsOf(at('toy'))).toEqual(before)
  })

  test('goes on when values and seeds are added', async () => {
    cpSync(at('toy'), at('more'), { recursive: true })
    const more = toyStudy(root, 'toy.ts', grid('[0.1, 0.3, 1, 1e4]', 3))
    const { out } = await evenstepStudy([more, '--out', at('more'), '--json', ...alone])
    expect(eventsOf(out)[0]).toEqual({ type: 'start', finished: 12, done: 12, total: 24 })
    const trials = trialsOf(at('more'))
    expect(trials).toHaveLength(24)
    expect(trials.slice(0, 12)).toEqual(trialsOf(at('toy')))
  })

  test('runs what its database forgot only if its folder forgot it too', async () => {
    cpSync(at('toy'), at('forgotten'), { recursive: true })
    for (const name of readdirSync(at('forgotten')))
      if (name.startsWith('study.db')) rmSync(at('forgotten', name))
    rmSync(at('forgotten', 'trials', '0004', 'trial.json'))
    const { out } = await evenstepStudy([file(), '--out', at('forgotten'), '--json', ...alone])
    expect(eventsOf(out)[0]).toMatchObject({ done: 0, total: 12 })
    const [before, after] = [trialsOf(at('toy')), trialsOf(at('forgotten'))]
    expect(timeless(after)).toEqual(timeless(before))
    const times = (trials: typeof before): number[] => trials.map(({ result }) => result.time.total)
    expect(times(after).map((time, i) => (time === times(before)[i] ? 'kept' : 'run'))).toEqual(
      before.map(({ id }) => (id === 4 ? 'run' : 'kept')),
    )
  })

  test('refuses to go on with another', async () => {
    const fewer = toyStudy(root, 'toy.ts', grid('[0.1, 1]'))
    expect(await evenstepStudy([fewer, '--out', at('toy')])).toMatchObject({
      code: 2,
      err:
        `${at('toy')}: wanted the study that was begun here, got factors.lr without 10000; ` +
        'change it back, or choose another folder with --out\n',
    })
    const again = ['study', toyStudy(root, 'toy.ts', grid('[0.1, 1, 1e4]')), '--out', at('toy'), '--set']
    const [other, fixed] = await together([...again, 'optimizer.momentum=0.5'], [...again, 'steps=500'])
    expect(other!.err).toMatch(
      /got the experiment's optimizer \{"type":"sgd","lr":0\.1,"momentum":0\.5,.* where it was /,
    )
    expect(fixed!.err).toBe(
      "study: wanted a setting that the study leaves open, got steps=500; change the study's steps\n",
    )
  })

  test('refuses to begin while it is running, and stops at SIGTERM', async () => {
    const slow = toyStudy(root, 'slow.ts', grid('[0.1, 1]', 20))
    let second: Promise<Outcome> | undefined
    const { code, err } = await evenstepStudy([slow, '--out', at('slow'), '--json'], (_, pid) => {
      second ??= evenstepStudy([slow, '--out', at('slow')]).then((outcome) => {
        process.kill(-pid, 'SIGTERM') // as some schedulers do: to the workers as well
        return outcome
      })
    })
    expect((await second)!.err.replace(/process \d+/, 'process N')).toBe(
      `${at('slow')}: wanted a study that is not running, got one that is (process N); wait, or stop it first\n`,
    )
    expect((await second)!.code).toBe(4)
    expect(code).toBe(143)
    expect(err).toBe(
      `stopped; finished trials are in ${at('slow')}; resume with npx evenstep study ${slow} --out ${at('slow')}\n`,
    )
  })
})

describe('a trial that', () => {
  const refusing = (how: string): string => `
    model: () => ({
      fc: new nn.Linear(20, 2),
      forward(x) {
        if (x.shape[0] === 16) ${how}
        return this.fc.forward(x)
      },
    }),`
  const options = 'factors: { batchSize: [8, 16] }, seeds: 1, steps: 5,'

  test('throws has failed, and the study goes on', async () => {
    const file = toyStudy(root, 'throws.ts', options, refusing("throw new Error('no sixteen')"))
    const { code, out } = await evenstepStudy([file, '--out', at('throws'), ...alone])
    expect(code).toBe(0)
    expect(out).toContain('trial 2 failed: no sixteen')
    expect(trialsOf(at('throws')).map(({ result }) => [result.status, result.error])).toEqual([
      ['done', undefined],
      ['failed', 'no sixteen'],
    ])
  })

  test('ends its worker is tried three times, is no result, and ends the study after the others', async () => {
    const marker = at('survives')
    const dying = `if (!require('node:fs').existsSync(${JSON.stringify(marker)})) process.kill(process.pid, 'SIGKILL')`
    const file = toyStudy(root, 'dies.ts', options, refusing(dying))
    const { code, err } = await evenstepStudy([file, '--out', at('dies'), ...alone])
    expect(code).toBe(4)
    expect(err.replace(/process \d+/, 'process N')).toBe(
      'trial 2: wanted a worker process to finish it, got 3 that ended; the last was killed by SIGKILL (process N); ' +
        'if memory ran out, use fewer workers, then repeat\n',
    )
    writeFileSync(marker, '')
    const again = await evenstepStudy([file, '--out', at('dies'), '--json', ...alone])
    expect([again.code, eventsOf(again.out)[0]]).toEqual([
      0,
      { type: 'start', finished: 1, done: 1, total: 2 },
    ])
    expect(trialsOf(at('dies')).map(({ result }) => result.status)).toEqual(['done', 'done'])
  })
})

describe('a study file', () => {
  test('may be JSON, of an experiment in another file', async () => {
    writeFileSync(
      at('experiment.json'),
      JSON.stringify({
        data: 'digits10x10',
        model: [['Linear', 100, 10]],
        loss: 'crossEntropy',
        optimizer: { type: 'sgd', lr: 0.1 },
        batchSize: 64,
        epochs: 1,
      }),
    )
    const design = { type: 'racing', eta: 2, rungs: 2 }
    const study = {
      experiment: 'experiment.json',
      factors: { lr: { from: 0.01, to: 1, count: 3 } },
      design,
      steps: 20,
      seeds: 1,
    }
    writeFileSync(at('race.json'), JSON.stringify(study))
    const { code, out, err } = await evenstepStudy([
      at('race.json'),
      '--out',
      at('race'),
      '--workers',
      '1',
      '--json',
    ])
    expect([code, err]).toEqual([0, ''])
    const trials = eventsOf(out).flatMap((event) => (event.type === 'trial' ? [event.finished] : []))
    expect(trials.map(({ rung, steps }) => [rung, steps])).toEqual([
      [0, 10],
      [0, 10],
      [0, 10],
      [1, 20],
      [1, 20],
    ])
    expect(trials.map(({ settings }) => settings.lr).slice(0, 3)).toEqual([0.01, 0.1, 1])
    expect(JSON.parse(readFileSync(at('race', 'trials', '0001', 'run.json'), 'utf8')).origin.file).toBe(
      at('experiment.json'),
    )
    expect(evenstep('eval', at('race', 'trials', '0005'))).toMatch(/^loss /)
  })

  test('that is missing, or not one, is told', async () => {
    writeFileSync(at('empty.ts'), 'export const a = 1\n')
    const [none, empty, another, workers] = await together(
      ['study', at('none.ts')],
      ['study', at('empty.ts')],
      ['study', at('experiment.json')],
      ['study', at('race.json'), '--workers', '0'],
    )
    expect(none!.err).toBe(`study: wanted the file of a study, got ${at('none.ts')}, which does not exist\n`)
    expect(empty!.err).toBe(
      `${at('empty.ts')}: wanted a default export, got none; write export default study.define({ … })\n`,
    )
    expect(another!.err).toMatch(/^study: wanted /)
    expect(workers!.err).toMatch(/wanted a positive integer, got 0/)
  })
})

test('the example is a study of 210 trials', async () => {
  const { study, experiment, origin } = await loadStudy(
    fileURLToPath(new URL('../../examples/digits-study.ts', import.meta.url)),
  )
  expect(origin).toMatch(/digits\.ts$/)
  expect(trialCount(study.design, prepare(study, experiment, 'digits-study').space)).toBe(210)
})

test('a process for trials alone is told what it is for', () => {
  const { status, stderr } = spawnSync(process.execPath, [main, 'run-trials', 'a.ts', 'b.lock'], {
    encoding: 'utf8',
  })
  expect([status, stderr]).toEqual([
    2,
    'run-trials: wanted a study that sends it trials, got none; use evenstep study\n',
  ])
})
