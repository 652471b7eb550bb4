import { data, train } from 'evenstep'
import { describe, expect, test } from 'vitest'
import { experimentOf } from '../../pages/lab/experiment.ts'
import { type Experiment, experiments } from '../../pages/lab/guided.ts'
import { checkedSetting } from '../../pages/lab/setting.ts'

const split = data.digits10x10()

/** What is logged of a net at each step, its norm at the end, and what it did. */
interface Trained {
  readonly logs: Readonly<Record<string, readonly number[]>>
  readonly accuracy: number
  readonly norm: number
  readonly error: string
}

async function trained(experiment: train.Experiment): Promise<Trained> {
  const task = train.taskOf(experiment)
  const logs: Record<string, number[]> = {}
  let [accuracy, error] = [0, '']
  try {
    for await (const event of train.run(experiment, { task })) {
      if (event.type === 'epoch') accuracy = event.validationAccuracy!
      if (event.type !== 'steps') continue
      for (const [name, values] of Object.entries({ loss: event.losses, ...event.logs }))
        logs[name] = [...(logs[name] ?? []), ...Array.from(values)]
    }
  } catch (failure) {
    error = (failure as Error).message
  }
  const weights = task.variables.get('0.weight')!.data as Float32Array
  return { logs, accuracy, norm: Math.hypot(...weights), error }
}

const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b) / values.length
/** Mean of a quantity over the last 50 steps. */
const last = (net: Trained, name: string): number => mean(net.logs[name]!.slice(-50))

/** What a reader is told to see, by the title of the experiment. */
const sights: Readonly<Record<string, (nets: readonly Trained[]) => void>> = {
  'Weights grow without decay'([a, b]) {
    // Where the rate is constant, the effective rate falls exactly as the norm rises.
    const rates = a!.logs['1.effectiveRate']!
    expect(rates.every((rate, i) => i === 0 || rate < rates[i - 1]! * (1 + 1e-6))).toBe(true)
    expect(a!.norm / b!.norm).toBeGreaterThan(2)
    expect(last(b!, '1.effectiveRate') / last(a!, '1.effectiveRate')).toBeGreaterThan(5)
  },
  'Weights 4 times as large need 16 times the rate'([a, b, c]) {
    const gap = (net: Trained): number => Math.abs(last(net, 'loss') / last(a!, 'loss') - 1)
    expect(gap(c!)).toBeLessThan(0.02)
    expect(gap(b!)).toBeGreaterThan(0.08)
    expect(c!.norm / a!.norm).toBeCloseTo(4, 1)
  },
  'Too high a rate leaves ‖w‖ too large for good'([a, b]) {
    const ratio = last(a!, '1.effectiveRate') / last(b!, '1.effectiveRate')
    expect(ratio).toBeGreaterThan(15)
    expect(ratio).toBeLessThan(30)
    expect(last(b!, 'loss')).toBeGreaterThan(2 * last(a!, 'loss'))
  },
  'Statistics lag behind a constant rate'([a, b]) {
    const lag = ({ logs }: Trained, from: number, to: number): number =>
      mean(logs['1.batchVar']!.slice(from, to)) / mean(logs['1.runningVar']!.slice(from, to))
    expect(lag(a!, 100, 300)).toBeGreaterThan(1.5)
    expect(b!.accuracy).toBeGreaterThan(a!.accuracy + 0.1)
  },
  'Weight decay is a schedule'([a, b, c]) {
    const gap = (net: Trained): number =>
      Math.max(...net.logs.loss!.slice(0, 400).map((loss, i) => Math.abs(loss - a!.logs.loss![i]!)))
    expect(gap(b!)).toBeLessThan(0.02)
    expect(gap(c!)).toBeGreaterThan(0.05)
    expect(b!.norm / a!.norm).toBeGreaterThan(5)
  },
  'Decay fixes the angle of a step'(nets) {
    const angle = Math.sqrt((2 * 0.1 * 5e-3) / 1.9)
    for (const net of nets) expect(Math.abs(last(net, '1.angle') / angle - 1)).toBeLessThan(0.1)
    expect(nets[0]!.logs['1.angle']![100]! / nets[1]!.logs['1.angle']![100]!).toBeGreaterThan(2)
  },
  'Normalization allows higher rates'([a, b, c]) {
    expect(a!.accuracy).toBeGreaterThan(0.95)
    expect(b!.accuracy).toBeLessThan(0.2)
    expect(c!.error).toContain('wanted a finite loss')
  },
  'Batch normalization leans on the batch'([a, b]) {
    expect(b!.accuracy - a!.accuracy).toBeGreaterThan(0.03)
  },
}

describe('the experiments that the lab proposes show what they say', () => {
  test.each(experiments.map((one): [string, Experiment] => [one.title, one]))(
    '%s',
    async (title, { setting }) => {
      const { nets, ...shared } = checkedSetting(setting)
      const all: Trained[] = []
      for (const net of nets) all.push(await trained(experimentOf({ ...shared, net }, split)))
      sights[title]!(all)
    },
  )

  test('and at the rate that the seventh names, all three nets learn', async () => {
    const { nets, ...shared } = experiments[6]!.setting
    for (const net of nets) {
      const { accuracy } = await trained(experimentOf({ ...shared, net: { ...net, rate: 0.1 } }, split))
      expect(accuracy).toBeGreaterThan(0.94)
    }
  })
})
