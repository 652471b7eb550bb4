import { nn, ops, type Tensor } from 'evenstep'
import { type Claim, check, type Outcome, type Scale } from './claim.ts'
import { Descent, type Path } from './support/descent.ts'
import { examples } from './support/digits.ts'
import { length } from './support/length.ts'
import { Net } from './support/net.ts'
import { mean, norm, scaled, short } from './support/numbers.ts'

interface Size {
  readonly lrs: readonly number[]
  readonly steps: number
  readonly seeds: readonly number[]
  /** How much a hovering loss may move, relatively. */
  readonly most: number
}
const sizes: Readonly<Record<Scale, Size>> = {
  quick: { lrs: [1e-2, 1e-1, 1], steps: 500, seeds: [0], most: 0.4 },
  full: { lrs: [1e-5, 1e-4, 1e-3, 1e-2, 3e-2, 1e-1, 3e-1, 1], steps: 2000, seeds: [0, 1, 2], most: 0.2 },
}

type Initializer = ReturnType<typeof nn.init.normal>

/** Initializes with a random direction of this norm. */
const ofLength =
  (wanted: number): Initializer =>
  (random, shape) => {
    const w = nn.init.normal()(random, shape)
    return scaled(w, wanted / norm(w))
  }

const unit = (w: Tensor): Tensor => ops.div(w, length([w]))

/** Descent on unit spheres: each layer's weights have norm 1 after each step, the fixed last layer's 10. */
function onSpheres(): Promise<Descent> {
  const net = new Net({ sizes: [100, 100, 100, 100, 10], eps: 1e-12 })
  const weights = net.hidden.map(({ weight }) => weight)
  for (const weight of weights) weight.initializer = ofLength(1)
  net.out.weight.initializer = ofLength(10)
  return Descent.of({ net, weights, dataset: examples(10_000, 0), batchSize: 128, project: unit })
}

/** The mean loss of a run between two fractions of its steps. */
const part = ({ loss }: Path, from: number, to: number): number =>
  mean(loss.subarray(from * loss.length, to * loss.length))

export default {
  id: 'B18',
  title: 'Training on the sphere has three regimes: it converges, hovers or diverges',
  source: 'Kodryan et al. 2022, arXiv 2209.03695',
  says: 'With weights of fixed norm, small effective rates converge, medium ones hover at a constant loss, and large ones do no better than chance.',
  async run(scale: Scale): Promise<Outcome> {
    const { lrs, steps, seeds, most } = sizes[scale]
    const descent = await onSpheres()
    const last: number[] = []
    const before: number[] = []
    for (const lr of lrs) {
      const paths: Path[] = []
      for (const seed of seeds) paths.push(await descent.run({ seed, steps, lr }))
      last.push(mean(paths.map((path) => part(path, 0.8, 1))))
      before.push(mean(paths.map((path) => part(path, 0.5, 0.8))))
    }
    const at = (lr: number): number => lrs.indexOf(lr)
    const change = (lr: number): number => last[at(lr)]! / before[at(lr)]! - 1
    const [falling, flat] = [change(1e-2), change(1e-1)]
    return {
      measured: [
        { name: 'effective rates', value: lrs },
        { name: 'loss, steps from 50 % to 80 %', value: before },
        { name: 'loss, last 20 % of the steps', value: last },
      ],
      checks: [
        check(
          `rate 0.01 converges: loss ${short(last[at(1e-2)]!)} < 0.1, and falls by ${percent(-falling)} > 10 %`,
          last[at(1e-2)]! < 0.1 && falling < -0.1,
        ),
        check(
          `rate 0.1 hovers: loss ${short(last[at(1e-1)]!)} from 0.3 to ln 10, and moves by ${percent(Math.abs(flat))} < ${percent(most)}`,
          last[at(1e-1)]! > 0.3 && last[at(1e-1)]! < Math.log(10) && Math.abs(flat) < most,
        ),
        check(`rate 1 diverges: loss ${short(last[at(1)]!)} ≥ ln 10`, last[at(1)]! >= Math.log(10)),
      ],
    }
  },
} satisfies Claim

const percent = (share: number): string => `${(100 * share).toFixed(0)} %`
