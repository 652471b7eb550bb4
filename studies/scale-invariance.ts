import { gradients, ops, type Tensor, type Variable } from 'evenstep'
import { type Claim, check, type Outcome } from './claim.ts'
import type { Float } from './support/digits.ts'
import { mixAffine, Net, noEps } from './support/net.ts'
import { cosine, gap, greatest, type Numbers, norm, rows, scaled, short } from './support/numbers.ts'
import { measureStep } from './support/step.ts'

const makeNet = (eps: number): Net => {
  const net = new Net({ sizes: [100, 50, 50, 50, 10], eps })
  mixAffine(net)
  return net
}

/** The gradient of each weight, in the order of the layers. */
const slopes = (dtype: Float, net: Net): Promise<Readonly<Record<string, Numbers>>> => {
  const layers = [...net.hidden, net.out]
  return measureStep(
    net,
    (loss): Record<string, Tensor> =>
      Object.fromEntries(
        gradients(
          loss,
          layers.map(({ weight }) => weight.value),
        ).map((g, i) => [`layer ${i}`, g]),
      ),
    { dtype },
  )
}

const numbersOf = ({ data }: Variable): Numbers => data as Float64Array

/** The greatest |cos| between a neuron's weights and their gradient. */
function greatestCosine(weight: Variable, slope: Numbers): number {
  const inputs = weight.shape[1]!
  const w = rows(numbersOf(weight), inputs)
  return greatest(rows(slope, inputs).map((g, i) => (norm(g) === 0 ? 0 : Math.abs(cosine(g, w[i]!)))))
}

/** The greatest |cos| in the layers before a normalization, and in the output layer. */
async function cosines(
  dtype: Float,
  eps: number,
): Promise<{ readonly hidden: number; readonly out: number }> {
  const net = makeNet(eps)
  const g = await slopes(dtype, net)
  return {
    hidden: greatest(net.hidden.map(({ weight }, i) => greatestCosine(weight, g[`layer ${i}`]!))),
    out: greatestCosine(net.out.weight, g[`layer ${net.hidden.length}`]!),
  }
}

/** How far the gradient at weights multiplied by c is from 1/c of the gradient. */
async function inverseGap(c: number): Promise<number> {
  const net = makeNet(noEps)
  const plain = await slopes('float64', net)
  const { weight } = net.hidden[1]!
  weight.data = scaled(numbersOf(weight), c)
  const larger = await slopes('float64', net)
  return gap(larger['layer 1']!, scaled(plain['layer 1']!, 1 / c))
}

/** How far Hw is from −g, and |cos(Hw, w)|. */
async function curvature(): Promise<{ readonly gap: number; readonly cosine: number }> {
  const net = makeNet(noEps)
  const { weight } = net.hidden[1]!
  const { g, hw } = await measureStep(net, (loss) => {
    const w = weight.value
    const [g] = gradients(loss, [w])
    const [hw] = gradients(ops.sum(ops.mul(g!, ops.detach(w))), [w])
    return { g: ops.neg(g!), hw: hw! }
  })
  return { gap: gap(hw, g), cosine: Math.abs(cosine(hw, numbersOf(weight))) }
}

export default {
  id: 'S1',
  title: 'Gradients are orthogonal to scale-invariant weights',
  source: 'van Laarhoven 2017, arXiv 1706.05350; Li & Arora 2019, arXiv 1910.07454, lemma 1',
  says: 'Before a normalization, ⟨w, ∂L/∂w⟩ = 0 for each neuron, ∂L(c·w) = ∂L(w)/c, Hw = −g and wᵀHw = 0.',
  async run(): Promise<Outcome> {
    const exact = await cosines('float64', noEps)
    const single = await cosines('float32', noEps)
    const withEps = await cosines('float64', 1e-5)
    const inverse = await inverseGap(3)
    const second = await curvature()
    return {
      measured: [
        { name: 'greatest |cos(w, g)|, float64', value: exact.hidden, expected: '0' },
        { name: 'greatest |cos(w, g)|, float32', value: single.hidden, expected: '0' },
        { name: 'greatest |cos(w, g)|, eps 1e-5', value: withEps.hidden, expected: 'about 0' },
        { name: 'greatest |cos(w, g)|, output layer', value: exact.out, expected: 'not 0' },
        { name: 'gap of ∂L(3w) to ∂L(w)/3', value: inverse, expected: '0' },
        { name: 'gap of Hw to −g', value: second.gap, expected: '0' },
      ],
      checks: [
        check(`greatest |cos(w, g)| ${short(exact.hidden)} < 1e-12 in float64`, exact.hidden < 1e-12),
        check(`greatest |cos(w, g)| ${short(single.hidden)} < 1e-6 in float32`, single.hidden < 1e-6),
        check(`greatest |cos(w, g)| ${short(withEps.hidden)} < 1e-4 with eps 1e-5`, withEps.hidden < 1e-4),
        check(
          `control: ${short(exact.out)} > 1e-2 in the output layer, which nothing follows`,
          exact.out > 1e-2,
        ),
        check(`∂L(3w) is ∂L(w)/3 to ${short(inverse)} < 1e-12`, inverse < 1e-12),
        check(`Hw is −g to ${short(second.gap)} < 1e-11`, second.gap < 1e-11),
        check(`|cos(Hw, w)| ${short(second.cosine)} < 1e-11`, second.cosine < 1e-11),
      ],
    }
  },
} satisfies Claim
