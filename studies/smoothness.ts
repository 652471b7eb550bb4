import { type Compiled, compile, data, gradients, nn, ops, type Tensor } from 'evenstep'
import type { Claim, Outcome, Scale } from './claim.ts'
import { deepNet } from './support/deep-net.ts'
import { examples } from './support/digits.ts'
import { checkMean, interval, listed, logRatios, ratioOf, shown, twelve } from './support/interval.ts'
import { Learner } from './support/learner.ts'
import { length } from './support/length.ts'
import { greatest, mean } from './support/numbers.ts'
import { part } from './support/progress.ts'

const batchSize = 128
const stepsAProbe = 20
const depth = 6

/** Steps along the gradient, as multiples of the rate: 8 values from ½ to 4. */
const multiples = Array.from({ length: 8 }, (_, i) => 0.5 * 8 ** (i / 7))

/** How much the loss and its gradient change along the gradient, as Santurkar et al. 2018 measure it. */
export interface Roughness {
  /** The greatest loss along the way minus the smallest. */
  readonly loss: number
  /** The greatest ‖g(x − s·g) − g(x)‖. */
  readonly gradient: number
  /** The greatest ‖g(x − s·g) − g(x)‖ / ‖s·g‖. */
  readonly beta: number
}

type Probe = Compiled<'x' | 'y' | 'size', 'loss' | 'change' | 'distance'>

/** Compiles the loss at x − size · g, the change of the gradient there, and the distance ‖size · g‖. */
function probeOf(net: nn.Module, { x, y }: data.Dataset): Promise<Probe> {
  const all = [...nn.variables(net).values()]
  const weights = all.filter(({ trainable }) => trainable)
  const slopes = (x: Tensor, y: Tensor) => {
    const loss = ops.crossEntropy(net.forward(x, 'train'), y)
    return {
      loss,
      g: gradients(
        loss,
        weights.map(({ value }) => value),
      ),
    }
  }
  return compile(
    {
      x: { shape: [batchSize, ...x.shape], fixed: true },
      y: { shape: [batchSize], dtype: y.dtype, fixed: true },
      size: { shape: [] },
    },
    ({ x, y, size }: Record<'x' | 'y' | 'size', Tensor>) => {
      const before = all.map(({ value }) => value)
      const here = slopes(x, y)
      for (const [i, w] of weights.entries()) w.assign(ops.sub(w.value, ops.mul(here.g[i]!, size)))
      const there = slopes(x, y)
      for (const [i, variable] of all.entries()) variable.assign(before[i]!)
      return {
        loss: there.loss,
        change: length(there.g.map((g, i) => ops.sub(g, here.g[i]!))),
        distance: ops.mul(length(here.g), size),
      }
    },
    { loop: true, threads: 1 },
  )
}

async function roughness(probe: Probe, { x, y }: data.Batch, lr: number): Promise<Roughness> {
  const found = await probe({ x, y, size: Float32Array.from(multiples, (multiple) => multiple * lr) })
  const [loss, change, distance] = [found.loss, found.change, found.distance].map((a) =>
    Array.from(a, Number),
  )
  return {
    loss: greatest(loss!) - Math.min(...loss!),
    gradient: greatest(change!),
    beta: greatest(change!.map((d, i) => d / distance![i]!)),
  }
}

export interface Arm {
  readonly learner: Learner
  readonly probe: Probe
}

export async function armOf(normalize: boolean | nn.Normalization): Promise<Arm> {
  const model = deepNet({ depth, normalize })
  const dataset = examples(60_000, 0)
  const learner = new Learner({ model, dataset, batchSize })
  return { learner, probe: await probeOf(model, dataset) }
}

/** A training run, probed every 20 steps on a batch of another order: means over its first and second half. */
export async function course({ learner, probe }: Arm, lr: number, seed: number, steps: number) {
  const batches = data.loader(examples(60_000, 0), { batchSize, seed: seed + 1000 }).batches(0)
  const found: Roughness[] = []
  for await (const _ of learner.parts({ seed, steps, lr }, stepsAProbe)) {
    found.push(await roughness(probe, batches.next().value!, lr))
  }
  const half = found.length / 2
  return { early: means(found.slice(0, half)), late: means(found.slice(half)) }
}

export const kinds = ['loss', 'gradient', 'beta'] as const
const means = (all: readonly Roughness[]): Roughness => ({
  loss: mean(all.map(({ loss }) => loss)),
  gradient: mean(all.map(({ gradient }) => gradient)),
  beta: mean(all.map(({ beta }) => beta)),
})

export const about: Readonly<Record<keyof Roughness, { readonly name: string; readonly times: number }>> = {
  loss: { name: 'range of the loss', times: 3 },
  gradient: { name: 'change of the gradient', times: 3 },
  beta: { name: 'change of the gradient by distance', times: 1.2 },
}

export default {
  id: 'B14',
  title: 'Batch normalization makes the loss smoother along the gradient',
  source: 'Santurkar et al. 2018, arXiv 1805.11604, section 3',
  says: 'From half to 4 times a step along the gradient, the range of the loss, the change of the gradient and its change per distance are all smaller with BN, throughout training.',
  async run(scale: Scale): Promise<Outcome> {
    const [steps, seeds, lrs] = scale === 'quick' ? [200, [0], [0.03]] : [1000, twelve, [0.03, 0.1]]
    const measured: Outcome['measured'][number][] = []
    const checks: Outcome['checks'][number][] = []
    const [without, withNorm] = [await armOf(false), await armOf(true)]
    for (const lr of lrs) {
      const plain: Awaited<ReturnType<typeof course>>[] = []
      const norm: Awaited<ReturnType<typeof course>>[] = []
      for (const seed of seeds) {
        plain.push(await part(['no BN', lr, seed, steps], () => course(without, lr, seed, steps)))
        norm.push(await part(['BN', lr, seed, steps], () => course(withNorm, lr, seed, steps)))
      }
      for (const half of ['early', 'late'] as const) {
        for (const kind of kinds) {
          const [a, b] = [plain, norm].map((runs) => runs.map((run) => run[half][kind]))
          const logs = logRatios(a!, b!)
          const times = ratioOf(interval(logs))
          const { name, times: wanted } = about[kind]
          const least = half === 'early' && scale === 'full' ? wanted : 1
          const which = `${name}, ${half} half, rate ${lr}`
          measured.push(
            { name: `${which}, no BN and BN`, value: [mean(a!), mean(b!)] },
            { name: `${which}, ratio`, value: listed(times), unit: '×' },
          )
          checks.push(
            checkMean(scale, `${which}: ${shown(times)} times smaller with BN, > ${least}`, logs, {
              above: Math.log(least),
            }),
          )
        }
      }
    }
    return { measured, checks }
  },
} satisfies Claim
