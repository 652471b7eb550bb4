import { spawn } from 'node:child_process'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test, vi } from 'vitest'
import { childrenOf } from '../../test/study/toy-study.ts'
import { commandIn, main, type Outcome } from '../../test/support/command.ts'
import { lockAlone } from '../study/run/lock.ts'

const { folder, evenstep, together } = commandIn('evenstep-advise-')

writeFileSync(
  join(folder, 'small.ts'),
  `
import { data, nn, ops, optim, train } from 'evenstep'
const make = (n: number, from: number) => {
  const x = Float32Array.from({ length: 20 * n }, (_, i) => Math.sin((from + i) ** 2))
  const y = Int32Array.from({ length: n }, (_, i) => Number(x[20 * i]! + x[20 * i + 1]! > 0))
  return data.dataset({ x, y, classes: 2 })
}
export default train.experiment({
  data: { train: make(2880, 0), validation: make(128, 57600) },
  model: () => new nn.Sequential(new nn.Linear(20, 16), new nn.ReLU(), new nn.BatchNorm1d(16), new nn.Linear(16, 2)),
  loss: ops.crossEntropy,
  optimizer: optim.sgd({ lr: 0.1 }),
  batchSize: 32,
  steps: 90,
})
`,
)
/** One like it in JSON, on data that JSON can name. */
const inJson = {
  data: 'digits10x10',
  model: [['Linear', 100, 16], ['ReLU'], ['BatchNorm1d', 16], ['Linear', 16, 10]],
  loss: 'crossEntropy',
  optimizer: { type: 'sgd', lr: 0.1 },
  batchSize: 32,
  steps: 90,
}
writeFileSync(join(folder, 'small.json'), JSON.stringify(inJson))

/** Trials one at a time: a second worker takes longer to start than these trials take. */
const alone = ['--workers', '1']

describe('evenstep advise', () => {
  const small = ['advise', 'small.ts', '--budget', '900']
  let [more, told]: Outcome[] = []
  beforeAll(async () => {
    ;[more, told] = await together(
      [...small, ...alone, '--set', 'monitor=validationAccuracy', '--out', 'more'],
      [...small, ...alone, '--json', '--out', 'told'],
    )
  })

  test('tells what to train with, and writes the experiment, which then gives that score', async () => {
    const { code, out, err } = await evenstep(...small)
    expect([code, err]).toEqual([0, ''])
    expect(out).toMatch(
      /^4 trials of 30 steps\n {2}best: normalization \w+, schedule warmupLinear, lr [\d.]+, validation loss/,
    )
    expect(out).toMatch(/\n4 trials of 90 steps\n/)
    expect(out).toMatch(/\n {8}confidence {2}(9\d %|100 %|too little data to tell): /)
    expect(out).toMatch(/\ntrain it: npx evenstep train runs\/small-advice-1\/experiment\.ts\n$/)
    const { recommendation, trials, steps } = JSON.parse(
      readFileSync(join(folder, 'runs/small-advice-1/advice.json'), 'utf8'),
    )
    expect(steps.spent).toBeLessThanOrEqual(900)
    const trained = await evenstep('train', 'runs/small-advice-1/experiment.ts', '--json')
    const epoch = trained.out.split('\n').find((line) => line.startsWith('{"type":"epoch"'))!
    const trial = trials.find(({ id }: { id: number }) => id === recommendation.trial)
    expect(JSON.parse(epoch).validationLoss).toBeCloseTo(trial.result.metrics.validationLoss, 5)
  })

  test('tells the best of each round by a metric of which more is better', () => {
    const { trials } = JSON.parse(readFileSync(join(folder, 'more/advice.json'), 'utf8'))
    const scores: number[] = trials.map(
      ({ result }: { result: { metrics: { validationAccuracy?: number } } }) =>
        result.metrics.validationAccuracy ?? 0,
    )
    let first = 0
    const rounds = [
      ...more!.out.matchAll(/^(\d+) trials? of .*\n {2}best: .*, validation accuracy ([\d.]+) %/gm),
    ]
    for (const [, trials, shown] of rounds) {
      const best = Math.max(...scores.slice(first, first + Number(trials)))
      first += Number(trials)
      expect(Number(shown)).toBe(Number((100 * best).toFixed(2)))
    }
    expect(first).toBe(scores.length)
  })

  test('prints JSON lines, the advice last', () => {
    const events = told!.out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    const types = events.map(({ type }) => type).filter((type) => type !== 'trial')
    expect(types.slice(0, -1).every((type) => type === 'round')).toBe(true)
    expect(types.at(-1)).toBe('advice')
    expect(readFileSync(join(folder, 'told/experiment.ts'), 'utf8')).toContain(
      'import base from "../small.ts"',
    )
  })

  test('goes on in its folder, and refuses one with an advice on another experiment', async () => {
    const spent = (name: string): number[] =>
      readdirSync(join(folder, name, 'trials')).map(
        (trial) =>
          JSON.parse(readFileSync(join(folder, name, 'trials', trial, 'trial.json'), 'utf8')).result.time
            .total,
      )
    const before = spent('told')
    const again = [...small, '--out', 'told']
    const [same, other] = await together([...again, ...alone], [...again, '--set', 'batchSize=16'])
    expect(same!.code).toBe(0)
    expect(spent('told')).toEqual(before)
    expect(other).toEqual({
      code: 2,
      out: '',
      err:
        "told: wanted the advice that was begun here, got the experiment's batchSize 16 where it was 32; " +
        'change it back, or choose another folder with --out\n',
    })
  })

  test('refuses a folder that is in use', async () => {
    const lock = lockAlone(join(folder, 'told', 'advice.lock'))!
    expect((await evenstep(...small, '--out', 'told')).err).toBe(
      `told: wanted an advice that is not running, got one that is (process ${process.pid}); wait, or stop it first\n`,
    )
    lock.release()
  })

  test('stops at SIGHUP, says how to go on, and leaves no worker', async () => {
    const args = ['advise', 'small.ts', '--budget', '90000', '--set', 'steps=9000', '--out', "it's"]
    const child = spawn(process.execPath, [main, ...args], { cwd: folder, detached: true })
    let [out, err] = ['', '']
    const workers: number[] = []
    child.stdout.on('data', (chunk) => {
      out += chunk
    })
    child.stderr.on('data', (chunk) => {
      err += chunk
    })
    const over = new Promise((resolve) => child.on('close', resolve))
    await vi.waitFor(
      () => expect(readdirSync(join(folder, "it's", 'trials')).length).toBeGreaterThan(0),
      30_000,
    )
    workers.push(...childrenOf(child.pid!))
    process.kill(-child.pid!, 'SIGHUP') // as a closed terminal does: to the workers as well
    const code = await over
    expect(out).toContain('trials of')
    expect([code, err]).toEqual([
      129,
      "stopped; finished trials are in it's; resume with npx evenstep advise small.ts --set steps=9000 " +
        "--budget 90000 --out 'it'\\''s'\n",
    ])
    if (process.platform === 'linux') expect(workers.length).toBeGreaterThan(0)
    for (const pid of workers) expect(() => process.kill(pid, 0)).toThrow('ESRCH')
    lockAlone(join(folder, "it's", 'advice.lock'))!.release()
  })

  test('of a study is on the experiment in its own file, and not on one inside it', async () => {
    const study = { experiment: 'small.json', factors: { lr: [0.1, 1] } }
    writeFileSync(join(folder, 'study.json'), JSON.stringify(study))
    const inside = { ...study, experiment: inJson }
    writeFileSync(join(folder, 'inside.json'), JSON.stringify(inside))
    const [advised, trained, refused] = await together(
      ['advise', 'study.json', '--budget', '900', ...alone, '--out', 'of-study'],
      ['train', 'of-study/experiment.ts', '--json', '--out', 'trained'],
      ['advise', 'inside.json', '--budget', '900'],
    )
    expect([advised!.err, trained!.err]).toEqual(['', ''])
    expect(readFileSync(join(folder, 'of-study/experiment.ts'), 'utf8')).toContain(
      'import base from "../small.json"',
    )
    expect(refused).toEqual({
      code: 2,
      out: '',
      err:
        'advise: wanted an experiment in a file of its own, got one inside the study inside.json; ' +
        'export it from another file\n',
    })
  })

  test('refuses a budget that tells nothing', async () => {
    const [few, none] = await together(
      ['advise', 'small.ts', '--budget', '200'],
      ['advise', 'small.ts', '--budget', 'few'],
    )
    expect(few).toEqual({
      code: 2,
      out: '',
      err: 'advise: wanted a budget of 252 steps or more, got 200; a run has 90, and trials as long as a run take 810\n',
    })
    expect(none!.err).toContain('wanted a positive integer, got few')
  })
})
