import { ops, optim, schedule } from 'evenstep'
import { type Check, type Claim, check, type Measure, type Outcome, type Scale } from './claim.ts'
import { examples, type Float } from './support/digits.ts'
import { Net } from './support/net.ts'
import { relativeGap, short } from './support/numbers.ts'
import { training } from './support/training.ts'

const lr = 0.05
const weightDecay = 5e-4
const momentum = 0.9

/** Six shapes of schedules; none reaches 0, where the identity ends. */
const schedules = (steps: number): Readonly<Record<string, schedule.Schedule>> =>
  Object.fromEntries(
    Object.entries({
      constant: `${lr}`,
      cosine: `cosine ${lr} to 0.0005 over ${steps}`,
      linear: `linear ${lr} to 0.0005 over ${steps}`,
      'warmup and cosine': `warmup ${steps / 8} + cosine ${lr} to 0.0005 over ${(7 * steps) / 8}`,
      step: `step ${lr} times 0.1 every ${steps / 4}`,
      triangular: `cyclic(0.001, maxLr: ${lr}, stepSizeUp: ${steps / 4})`,
    }).map(([name, text]) => [name, schedule.parse(text)]),
  )

interface Run {
  readonly lr: schedule.Schedule | ((step: number) => number)
  readonly weightDecay: number
  readonly steps: number
  readonly dtype: Float
}

/** Losses of SGD with momentum on the scale-invariant weights only; tanh has no kink for rounding to cross. */
async function losses({ lr, weightDecay, steps, dtype }: Run): Promise<Float64Array> {
  const net = new Net({ sizes: [100, 50, 50, 50, 10], activation: ops.tanh })
  const { loss } = await training({
    net,
    weights: net.invariant,
    optimizer: optim.sgd({ lr, momentum, weightDecay }),
    dataset: examples(4000, 0, dtype),
    batchSize: 100,
    steps,
    dtype,
  })
  return loss
}

interface Gaps {
  /** The run without weight decay, at the rates of `toWeightDecayFree`. */
  readonly free: number
  /** The run with weight decay dropped, at unchanged rates. */
  readonly dropped: number
}

/** The greatest relative distance of losses from those of a run with weight decay, over its steps. */
async function gaps(lr: schedule.Schedule, steps: number, dtype: Float): Promise<Gaps> {
  const decayed = await losses({ lr, weightDecay, steps, dtype })
  const without = (lr: schedule.Schedule) => losses({ lr, weightDecay: 0, steps, dtype })
  const free = schedule.toWeightDecayFree(lr, { weightDecay, momentum })
  return {
    free: relativeGap(await without(free), decayed),
    dropped: relativeGap(await without(lr), decayed),
  }
}

/** The closed form for a constant rate, with α at its fixed point from step 0 on: not quite right. */
const asymptotic = (): ((step: number) => number) => {
  const b = 1 + momentum - weightDecay * lr
  const alpha = (b + Math.sqrt(b * b - 4 * momentum)) / 2
  return (step) => lr * alpha ** (-2 * step - 1)
}

export default {
  id: 'S4',
  title: 'Any schedule with weight decay equals a growing one without',
  source: 'Li & Arora 2019, arXiv 1910.07454, theorems 1 and 2',
  says:
    'With BN, SGD with momentum and weight decay passes through the same functions as without weight decay at rates ' +
    'that grow: at η = 0.1, λ = 5e-4, μ = 0.9 by 1.481 an epoch of 391 steps.',
  async run(scale: Scale): Promise<Outcome> {
    const steps = scale === 'quick' ? 160 : 400
    const measured: Measure[] = []
    const checks: Check[] = []
    const tell = (what: string, { free, dropped }: Gaps, most: number): void => {
      measured.push({ name: `greatest relative Δloss, ${what}`, value: free, expected: '0' })
      measured.push({ name: `… weight decay dropped, ${what}`, value: dropped, expected: 'not 0' })
      checks.push(check(`${what}: relative Δloss ${short(free)} < ${short(most)}`, free < most))
      checks.push(check(`control: ${short(dropped)} > 1e-3 without its decay, ${what}`, dropped > 1e-3))
    }
    for (const [name, lr] of Object.entries(schedules(steps))) {
      tell(`${name}, float64`, await gaps(lr, steps, 'float64'), 1e-10)
    }
    if (scale === 'full') {
      tell('constant, 2000 steps, float64', await gaps(schedule.constant(lr), 2000, 'float64'), 1e-10)
    }
    tell('cosine, float32', await gaps(schedules(steps).cosine!, steps, 'float32'), 1e-4)

    const constant = { steps, dtype: 'float64' } as const
    const decayed = await losses({ lr: schedule.constant(lr), weightDecay, ...constant })
    const closed = relativeGap(await losses({ lr: asymptotic(), weightDecay: 0, ...constant }), decayed)
    const published = schedule.toWeightDecayFree(schedule.constant(0.1), { weightDecay, momentum })
    const growth = published(5391) / published(5000)
    measured.push({ name: '… by the closed form from a zero buffer', value: closed, expected: 'not 0' })
    measured.push({ name: 'growth in 391 steps at η = 0.1', value: growth, expected: '1.481' })
    checks.push(
      check(`control: the closed form from a zero buffer is off by ${short(closed)} > 1e-4`, closed > 1e-4),
    )
    checks.push(
      check(
        `the rate grows by ${short(growth, 6)} in 391 steps, as published`,
        Math.abs(growth - 1.481) < 1e-3,
      ),
    )
    return { measured, checks }
  },
} satisfies Claim
