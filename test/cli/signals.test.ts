import { execFile, execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { commandIn, main, type Outcome } from '../support/command.ts'

const { folder, together } = commandIn('evenstep-signals-')

/** An experiment that signals its own process within the second epoch: with the same steps left each time. */
const experiment = (signal: string): string => `
  import { existsSync, writeFileSync } from 'node:fs'
  import { data, nn, ops, optim, train } from 'evenstep'
  const rows = data.dataset({ x: Float32Array.from({ length: 64 }, (_, i) => Math.sin(i)), y: Int32Array.from({ length: 64 }, (_, i) => i % 2), shape: [1], classes: 2 })
  const marker = '${signal}.sent'
  const kill = { name: 'kill', apply: (_, { epoch }) => {
    if (epoch < 1 || existsSync(marker)) return
    writeFileSync(marker, '')
    for (const name of '${signal}'.split('+')) process.kill(process.pid, name)
  } }
  export default train.experiment({
    data: { train: rows, validation: rows },
    model: () => new nn.Sequential(new nn.Linear(1, 4), new nn.BatchNorm1d(4), new nn.Linear(4, 2)),
    loss: ops.crossEntropy,
    optimizer: optim.sgd({ lr: 0.1 }),
    batchSize: 2,
    epochs: 1000,
    checkpoints: { keep: 9 },
    transform: [kill],
  })
`
const kinds = [
  ['SIGTERM', 143],
  ['SIGHUP', 129],
  ['SIGINT+SIGINT+SIGTERM', 130],
] as const

const train = (signal: string, ...more: string[]): string[] => [
  'train',
  `${signal}.ts`,
  '--out',
  signal,
  ...more,
]
const epochs = ['--set', 'epochs=3']

describe('a signal while training', () => {
  let stopped: Outcome[] = []
  let resumed: Outcome[] = []
  let saved: Outcome
  beforeAll(async () => {
    for (const [signal] of [...kinds, ['SIGUSR2']])
      writeFileSync(join(folder, `${signal}.ts`), experiment(signal!))
    const first = kinds.map(([signal]) => train(signal, '--json'))
    const again = kinds.map(([signal]) => train(signal, '--resume=auto', '--json', ...epochs))
    const outcomes = await together(...first, ...again, train('SIGUSR2', '--json', ...epochs))
    stopped = outcomes.slice(0, kinds.length)
    resumed = outcomes.slice(kinds.length, -1)
    saved = outcomes.at(-1)!
  })

  test.each(kinds.map((row, i) => [...row, i] as const))('%s saves, and ends with %i', (signal, code, i) => {
    expect(stopped[i]!.code).toBe(code)
    expect(stopped[i]!.err).toMatch(/^stopped after \d+ steps, saved in .*\n$/)
    expect(stopped[i]!.err).toContain(
      `; resume with npx evenstep train ${signal}.ts --out ${signal} --resume\n`,
    )
    const last = JSON.parse(stopped[i]!.out.trimEnd().split('\n').at(-1)!)
    expect(['step', 'epoch']).toContain(last.type)
  })

  test('SIGUSR2 saves, and training continues to the same weights', () => {
    expect([saved.code, saved.err]).toEqual([
      0,
      expect.stringMatching(/^saved after \d+ steps in SIGUSR2\n$/),
    ])
    const steps = Number(/\d+/.exec(saved.err)![0])
    expect(steps).toBeGreaterThan(0)
    expect(steps).toBeLessThanOrEqual(96)
    const checkpoints = readdirSync(join(folder, 'SIGUSR2', 'checkpoints'))
    expect(checkpoints).toContain(`step-${String(steps).padStart(8, '0')}`)
    const model = (name: string): Buffer => readFileSync(join(folder, name, 'model.safetensors'))
    expect(model('SIGUSR2')).toEqual(model(kinds[0][0]))
  })

  test.each(kinds.map(([signal], i) => [signal, i] as const))('%s loses no step', (signal, i) => {
    expect([resumed[i]!.code, resumed[i]!.err]).toEqual([0, ''])
    const next = /"type":"step","epoch":\d+,"step":(\d+)/.exec(resumed[i]!.out)![1]
    expect(stopped[i]!.err).toContain(`stopped after ${next} steps`)
    const model = (name: string): Buffer => readFileSync(join(folder, name, 'model.safetensors'))
    expect(model(signal)).toEqual(model(kinds[0][0]))
    const log = readFileSync(join(folder, signal, 'events.jsonl'), 'utf8')
    expect(log.match(/"type":"step"/g)).toHaveLength(96)
  })
})

const hasNamespaces = (): boolean => {
  try {
    execFileSync('unshare', ['--pid', '--fork', 'true'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

describe.skipIf(!hasNamespaces() && process.env.CI !== 'true')(
  'in a container, where unshare may make one',
  () => {
    test('process 1 ends at a signal while its experiment loads, and leaves no folder', async () => {
      const loading = `
      process.kill(process.pid, 'SIGTERM')
      await new Promise((resolve) => setTimeout(resolve, 20_000))
      export default {}
    `
      writeFileSync(join(folder, 'loading.ts'), loading)
      const args = ['--pid', '--fork', process.execPath, main, ...train('loading')]
      const code = await new Promise((resolve) => {
        execFile('unshare', args, { cwd: folder }, (error) => resolve(error?.code))
      })
      expect(code).toBe(143)
      expect(existsSync(join(folder, 'loading'))).toBe(false)
    })
  },
)
