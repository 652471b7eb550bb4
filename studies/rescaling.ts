import { nn, optim } from 'evenstep'
import { type Claim, check, type Outcome, type Scale } from './claim.ts'
import { examples, type Float } from './support/digits.ts'
import { Net } from './support/net.ts'
import { scaled, short } from './support/numbers.ts'
import { training } from './support/training.ts'

const lr = 0.5

/** Losses of SGD on the scale-invariant weights only, multiplied by c, at `lrScale` times the rate. */
async function losses(dtype: Float, c: number, lrScale: number, steps: number): Promise<Float64Array> {
  const net = nn.toDType(nn.initialize(new Net({ sizes: [100, 50, 50, 50, 10] }), 0), dtype)
  for (const weight of net.invariant.values()) {
    const larger = scaled(weight.data as Float64Array, c)
    weight.data = dtype === 'float64' ? larger : Float32Array.from(larger)
  }
  const { loss } = await training({
    net,
    weights: net.invariant,
    optimizer: optim.sgd({ lr: lr * lrScale }),
    dataset: examples(1280, 0, dtype),
    batchSize: 128,
    steps,
    dtype,
  })
  return loss
}

/** Counts the losses that are not bit-identical. */
const different = (a: Float64Array, b: Float64Array): number =>
  a.reduce((count, loss, i) => count + Number(!Object.is(loss, b[i])), 0)

export default {
  id: 'S3',
  title: 'Weights scaled by c follow the same path at c² times the rate',
  source: 'Li & Arora 2019, arXiv 1910.07454, lemma 2',
  says: 'For scale-invariant weights, SGD from c·w₀ at the rate c²η goes through the same functions as from w₀ at η.',
  async run(scale: Scale): Promise<Outcome> {
    const steps = scale === 'quick' ? 200 : 500
    const measured: Outcome['measured'][number][] = []
    const checks: Outcome['checks'][number][] = []
    for (const dtype of ['float64', 'float32'] as const) {
      const plain = await losses(dtype, 1, 1, steps)
      for (const c of [4, 1 / 4]) {
        const count = different(await losses(dtype, c, c * c, steps), plain)
        measured.push({ name: `losses that differ, c = ${c}, ${dtype}`, value: count, expected: '0' })
        checks.push(check(`c = ${c}: ${count} of ${steps} losses differ in ${dtype}`, count === 0))
      }
      const [first, last] = [plain[0]!, plain.at(-1)!]
      const control = (await losses(dtype, 4, 1, steps)).at(-1)!
      measured.push({ name: `last loss, ${dtype}`, value: last })
      measured.push({
        name: `last loss, c = 4 at the same rate, ${dtype}`,
        value: control,
        expected: 'another',
      })
      checks.push(check(`it learns: loss ${short(first)} to ${short(last)}`, last < first / 2))
      checks.push(
        check(
          `control: c = 4 at the same rate ends at ${short(control)}, not ${short(last)}`,
          control > 1.2 * last,
        ),
      )
    }
    return { measured, checks }
  },
} satisfies Claim
