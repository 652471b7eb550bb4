import { schedule } from 'evenstep'
import { type Claim, check, type Effect, type Outcome, type Scale } from './claim.ts'
import {
  type Controlled,
  controlled,
  type Measured,
  refresher,
  type Statistics,
} from './support/controlled.ts'
import { examples, validation } from './support/digits.ts'
import { checksOf, effect } from './support/effect.ts'
import { Learner } from './support/learner.ts'
import { mlp } from './support/mlp.ts'
import { mean, short } from './support/numbers.ts'
import { part } from './support/progress.ts'
import { seedsOf } from './support/tuned.ts'

/** Each measures the loss 50 times in a run. */
const controllers = {
  plateau: () => schedule.reduceOnPlateau({ patience: 3, factor: 0.3 }),
  'early stopping': () => schedule.earlyStopping({ patience: 4 }),
  greedy: () => schedule.greedy({ patience: 2, factor: 0.7 }),
} as const
type Name = keyof typeof controllers

export interface Size {
  readonly names: readonly Name[]
  readonly momenta: readonly number[]
  readonly steps: number
}
const sizes: Readonly<Record<Scale, Size>> = {
  quick: { names: ['early stopping'], momenta: [0.01], steps: 100 },
  full: { names: ['plateau', 'early stopping', 'greedy'], momenta: [0.1, 0.01], steps: 1000 },
}
const lr = 0.3

async function measuredNet(
  normalization: 'batch' | 'layer',
  momentum: number,
  scale: Scale,
): Promise<Measured> {
  const count = scale === 'full' ? 2000 : 200
  const model = mlp({ depth: 4, normalization, momentum })
  const learner = new Learner({ model, dataset: examples(60_000, 0), batchSize: 64, momentum: 0.9 })
  const refresh = await refresher(model, examples(count, 1))
  return { learner, refresh, validation: validation(count) }
}

/** One run per seed under each controller. */
async function runs(
  which: string,
  of: Measured,
  statistics: Statistics,
  { names, steps }: Size,
  scale: Scale,
): Promise<ReadonlyMap<Name, readonly Controlled[]>> {
  const found = new Map<Name, Controlled[]>()
  for (const name of names) {
    const ended: Controlled[] = []
    for (const seed of seedsOf(scale).judging) {
      const plan = { seed, lr, steps, every: steps / 50 }
      ended.push(
        await part([which, statistics, name, seed], () =>
          controlled(of, controllers[name](), plan, statistics),
        ),
      )
    }
    found.set(name, ended)
  }
  return found
}

const firsts = (runs: readonly Controlled[]): number[] => runs.map(({ first }) => first)
const losses = (runs: readonly Controlled[]): number[] => runs.map(({ loss }) => loss)

/** Runs under each controller, with running statistics as they are and recalibrated, and with layer normalization. */
export async function staleDecisions(size: Size, scale: Scale): Promise<Outcome> {
  const { names, momenta } = size
  const measured: Outcome['measured'][number][] = []
  const effects: Effect[] = []
  const all: number[] = []
  const layer = await runs('layer', await measuredNet('layer', 0.1, scale), 'as they are', size, scale)
  const tell = (which: string, found: readonly Controlled[]): void => {
    measured.push(
      { name: `${which}: step of the first change`, value: mean(firsts(found)) },
      { name: `${which}: final loss`, value: mean(losses(found)) },
    )
    all.push(...losses(found))
  }
  for (const name of names) tell(`${name}, layer normalization`, layer.get(name)!)
  for (const momentum of momenta) {
    const of = await measuredNet('batch', momentum, scale)
    const stale = await runs(`momentum ${momentum}`, of, 'as they are', size, scale)
    const fresh = await runs(`momentum ${momentum}`, of, 'recalibrated', size, scale)
    for (const name of names) {
      const [a, b] = [stale.get(name)!, fresh.get(name)!]
      const which = `${name}, momentum ${momentum}`
      tell(`${which}, as they are`, a)
      tell(`${which}, recalibrated`, b)
      const ratio = `${which}: as they are to recalibrated`
      effects.push(effect(`${ratio}, step of the first change`, firsts(a), firsts(b), 'below 1'))
      effects.push(effect(`${ratio}, final loss`, losses(a), losses(b), 'above 1'))
      const control = `${which}: recalibrated to layer normalization, step of the first change`
      effects.push(effect(control, firsts(b), firsts(layer.get(name)!)))
    }
  }
  const most = Math.max(...all)
  return {
    measured,
    effects,
    checks: [
      ...checksOf(scale, effects),
      check(`every run learns: the greatest final loss is ${short(most)} < ln 10`, most < Math.LN10),
    ],
  }
}

export default {
  id: 'L1',
  onlyFull: true,
  title: 'Stale running statistics make plateau, early stopping and greedy schedules fire too early',
  source: 'our question; for the lag of the statistics, Wu & Johnson 2021, arXiv 2105.07576, section 3',
  says: 'A validation loss measured with running statistics that lag behind the weights jumps about and lies too high. So a schedule that follows it lowers the rate, or ends the run, earlier than one that sees recalibrated statistics, and the run ends with a greater loss.',
  run: (scale: Scale) => staleDecisions(sizes[scale], scale),
} satisfies Claim
