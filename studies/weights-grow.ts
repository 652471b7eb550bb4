import { ops, optim, type Tensor } from 'evenstep'
import { type Claim, check, type Outcome, type Scale } from './claim.ts'
import { examples, type Float } from './support/digits.ts'
import { Net } from './support/net.ts'
import { greatest, relativeGap, short } from './support/numbers.ts'
import { training } from './support/training.ts'

const lr = 0.5
const total = (squares: readonly Tensor[]): Tensor => squares.reduce((a, b) => ops.add(a, b))
const squared = (tensors: readonly Tensor[]): Tensor => total(tensors.map((t) => ops.sum(ops.square(t))))

/** ‖w‖² and ‖g‖² of all trained weights at every step. */
async function sizes(dtype: Float, normalize: boolean, steps: number) {
  const net = new Net({ sizes: [100, 50, 50, 50, 10], normalize })
  return training({
    net,
    weights: new Map(net.hidden.map(({ weight }, i) => [`hidden.${i}.weight`, weight])),
    optimizer: optim.sgd({ lr: normalize ? lr : lr / 10 }),
    dataset: examples(1280, 0, dtype),
    batchSize: 128,
    steps,
    dtype,
    watch: ({ before, after, gradients }) => ({
      before: squared(before),
      after: squared(after),
      slope: squared(gradients),
    }),
  })
}

/** The greatest relative distance of ‖w₊‖² from ‖w‖² + η²‖g‖², over the steps. */
function worst({ before, after, slope }: Awaited<ReturnType<typeof sizes>>, rate: number): number {
  return relativeGap(
    after,
    before.map((square, t) => square + rate ** 2 * slope[t]!),
  )
}

export default {
  id: 'S5',
  title: 'Without weight decay, scale-invariant weights only grow',
  source: 'Arora, Li & Lyu 2018, arXiv 1812.03981, lemma 2.4',
  says: '‖w₊‖² = ‖w‖² + η²‖g‖² at every step of SGD without momentum, so the effective rate η/‖w‖² only shrinks.',
  async run(scale: Scale): Promise<Outcome> {
    const steps = scale === 'quick' ? 200 : 500
    const exact = await sizes('float64', true, steps)
    const single = await sizes('float32', true, steps)
    const control = await sizes('float64', false, steps)
    const [gap, gap32, without] = [worst(exact, lr), worst(single, lr), worst(control, lr / 10)]
    const shrinks = greatest(exact.after.map((square, t) => exact.before[t]! / square))
    const growth = Math.sqrt(exact.after.at(-1)! / exact.before[0]!)
    return {
      measured: [
        { name: 'greatest relative error, float64', value: gap, expected: '0' },
        { name: 'greatest relative error, float32', value: gap32, expected: '0' },
        { name: 'greatest relative error without BN', value: without, expected: 'not 0' },
        { name: 'growth of ‖w‖', value: growth, unit: '×', expected: '> 1' },
        { name: 'effective rate at the end, of that at the start', value: growth ** -2, expected: '< 1' },
      ],
      checks: [
        check(`‖w‖² grows by η²‖g‖² to ${short(gap)} < 1e-12 in float64`, gap < 1e-12),
        check(`‖w‖² grows by η²‖g‖² to ${short(gap32)} < 1e-5 in float32`, gap32 < 1e-5),
        check(`no step raises η/‖w‖²: the greatest factor is ${short(shrinks, 6)} < 1`, shrinks < 1),
        check(`control: without BN the error is ${short(without)} > 1e-4`, without > 1e-4),
      ],
    }
  },
} satisfies Claim
