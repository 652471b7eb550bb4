import { nn, optim, schedule } from 'evenstep'
import { type Check, type Claim, check, type Measure, type Outcome, type Scale } from './claim.ts'
import { examples, validation } from './support/digits.ts'
import { errorRate } from './support/evaluation.ts'
import { hiddenWeights, Net } from './support/net.ts'
import { greatest, mean, percent, short } from './support/numbers.ts'
import { ratio } from './support/sphere.ts'
import { training } from './support/training.ts'

const weightDecay = 5e-3
const momentum = 0.9
const peak = 0.1

interface Course {
  readonly loss: Float64Array
  /** ‖g‖/‖w‖ in the second of three hidden layers. */
  readonly ratio: Float64Array
  readonly net: Net
}

async function course(optimizer: optim.Optimizer, steps: number, seed: number): Promise<Course> {
  const net = new Net({ sizes: [100, 128, 128, 128, 10], eps: 1e-5 })
  const numbers = await training({
    net,
    weights: nn.variables(net),
    optimizer,
    dataset: examples(60_000, seed),
    batchSize: 128,
    steps,
    seed,
    watch: ({ gradients, before }) => ({ ratio: ratio(gradients[1]!, before[1]!) }),
  })
  return { ...numbers, net }
}

interface Plan {
  /** Steps at the peak before the cosine, so that a short cosine starts in equilibrium. */
  readonly settle: number
  /** Length of the cosine, in steps. */
  readonly decay: number
  readonly seeds: readonly number[]
  /** Minimum rise of ‖g‖/‖w‖; lower for a decay too fast for equilibrium to follow. */
  readonly rise: number
  /** Training loss below which gradients shrink because little is left to learn. */
  readonly floor: number
  /** Runs at a constant rate. */
  readonly constant: readonly (readonly [lr: number, weightDecay: number, momentum: number])[]
}

const plans: Readonly<Record<Scale, Plan>> = {
  quick: { settle: 300, decay: 1200, seeds: [0], rise: 1.3, floor: 0.08, constant: [] },
  full: {
    settle: 0,
    decay: 8000,
    seeds: [0, 1, 2],
    rise: 2,
    floor: 0.05,
    constant: [
      [0.1, 5e-3, 0.9],
      [0.05, 5e-3, 0.9],
      [0.05, 1e-2, 0.5],
    ],
  },
}

interface Decay {
  /** ‖g‖/‖w‖ at 80 to 85 % of the cosine, divided by that at 20 to 25 %. */
  readonly rise: number
  /** The greatest |change| of ‖g‖/‖w‖ relative to 20 to 25 %, from 10 % until the loss reaches the floor. */
  readonly drift: number
  /** The final error rate on the validation digits. */
  readonly error: number
}

/** Trains along a cosine to 0, with constant weight decay or, corrected, decay proportional to the rate. */
async function decaying({ settle, decay, floor }: Plan, corrected: boolean, seed: number): Promise<Decay> {
  const cosine = schedule.cosineAnnealing(peak, { tMax: decay })
  const lr =
    settle === 0 ? cosine : schedule.sequential([schedule.constant(peak), cosine], { milestones: [settle] })
  const groups = hiddenWeights({ weightDecay, ...(corrected ? { peakLr: peak } : {}) })
  const found = await course(optim.sgd({ lr, momentum, groups }), settle + decay, seed)
  const ratios = twentieths(found.ratio.subarray(settle))
  const losses = twentieths(found.loss.subarray(settle))
  const changes = ratios.map((ratio) => Math.abs(ratio / ratios[4]! - 1))
  return {
    rise: ratios[16]! / ratios[4]!,
    drift: greatest(changes.filter((_, i) => i >= 2 && losses[i]! > floor)),
    error: await errorRate(found.net, validation()),
  }
}

/** The mean over each twentieth of a run. */
const twentieths = (all: Float64Array): number[] =>
  Array.from({ length: 20 }, (_, i) =>
    mean(all.subarray(Math.round((i * all.length) / 20), Math.round(((i + 1) * all.length) / 20))),
  )

/** Mean ‖g‖/‖w‖ over the last 1500 of 4000 steps at a constant rate. */
async function atConstant(lr: number, weightDecay: number, momentum: number): Promise<number> {
  const optimizer = optim.sgd({ lr, momentum, groups: hiddenWeights({ weightDecay }) })
  return mean((await course(optimizer, 4000, 0)).ratio.subarray(-1500))
}

export default {
  id: 'A9',
  title: 'A falling rate raises the gradients of weights under weight decay',
  source: 'Defazio 2025, arXiv 2506.02285, for momentum 0; the momentum term is ours',
  says: 'In equilibrium ‖g‖/‖w‖ is √(2λ(1 − μ)/η), so gradients grow as the rate falls; with λₜ = ληₜ/η_max they do not.',
  async run(scale: Scale): Promise<Outcome> {
    const plan = plans[scale]
    const measured: Measure[] = []
    const checks: Check[] = []
    for (const [lr, weightDecay, momentum] of plan.constant) {
      const predicted = Math.sqrt((2 * weightDecay * (1 - momentum)) / lr)
      const found = await atConstant(lr, weightDecay, momentum)
      const name = `‖g‖/‖w‖ at η ${lr}, λ ${weightDecay}, μ ${momentum}`
      measured.push({ name, value: found, expected: short(predicted) })
      const off = found / predicted - 1
      const what = `${name}: ${short(found)} is ${percent(off)} off ${short(predicted)}, within 10 %`
      checks.push(check(what, Math.abs(off) < 0.1))
    }
    const as: Decay[] = []
    const corrected: Decay[] = []
    for (const seed of plan.seeds) {
      as.push(await decaying(plan, false, seed))
      corrected.push(await decaying(plan, true, seed))
    }
    const rises = as.map(({ rise }) => rise)
    const drifts = corrected.map(({ drift }) => drift)
    const [least, most] = [Math.min(...rises), Math.max(...drifts)]
    const left = Math.max(...corrected.map(({ rise }) => rise))
    measured.push(
      { name: 'rise from 20 % to 85 %, by seed', value: rises, unit: '×', expected: 'above 2' },
      { name: 'greatest drift with corrected decay, by seed', value: drifts, expected: 'about 0' },
      {
        name: 'rise with corrected decay, by seed',
        value: corrected.map(({ rise }) => rise),
        unit: '×',
        expected: 'at most 1',
      },
      { name: 'validation error, by seed', value: as.map(({ error }) => error) },
      { name: '… with corrected decay', value: corrected.map(({ error }) => error) },
    )
    checks.push(
      check(`‖g‖/‖w‖ rises ${short(least)} times > ${plan.rise} while the rate falls`, least > plan.rise),
      check(`with corrected decay it rises ${short(left)} times < 1.1`, left < 1.1),
      check(`there it drifts by ${percent(most)} < 25 % while the loss is above ${plan.floor}`, most < 0.25),
    )
    return {
      measured,
      checks,
      remark: 'Below that loss the gradients of the corrected run fall: there is little left to learn from.',
    }
  },
} satisfies Claim
