import { gradients, ops, type Tensor } from 'evenstep'
import { type Claim, check, type Outcome } from './claim.ts'
import { mixAffine, Net } from './support/net.ts'
import { cosine, greatest, type Numbers, scaled, short } from './support/numbers.ts'
import { measureStep } from './support/step.ts'

const makeNet = (activation: (x: Tensor) => Tensor): Net => {
  const net = new Net({ sizes: [100, 50, 50, 50, 10], activation })
  mixAffine(net)
  return net
}

/** |cos| between (γ, β) of each normalization, taken as one vector, and its gradient. */
async function cosines(activation: (x: Tensor) => Tensor): Promise<number[]> {
  const net = makeNet(activation)
  const slopes = await measureStep(
    net,
    (loss): Record<string, Tensor> =>
      Object.fromEntries(
        net.norms.flatMap(({ weight, bias }, i) => {
          const [dWeight, dBias] = gradients(loss, [weight!.value, bias!.value])
          return [
            [`weight ${i}`, dWeight!],
            [`bias ${i}`, dBias!],
          ]
        }),
      ),
  )
  const joined = (...parts: readonly Numbers[]): number[] => parts.flatMap((part) => Array.from(part))
  return net.norms.map(({ weight, bias }, i) =>
    Math.abs(
      cosine(
        joined(weight!.data as Float64Array, bias!.data as Float64Array),
        joined(slopes[`weight ${i}`]!, slopes[`bias ${i}`]!),
      ),
    ),
  )
}

/** Relative change of the loss when γ and β of one normalization are multiplied by c. */
async function change(layer: number, c: number): Promise<number> {
  const net = makeNet(ops.relu)
  const loss = async (): Promise<number> => (await measureStep(net, (loss) => ({ loss }))).loss[0]!
  const before = await loss()
  for (const variable of [net.norms[layer]!.weight!, net.norms[layer]!.bias!]) {
    variable.data = scaled(variable.data as Float64Array, c)
  }
  return Math.abs((await loss()) / before - 1)
}

export default {
  id: 'S6',
  title: 'γ and β that feed another normalization are scale-invariant together',
  source: 'Li & Arora 2019, arXiv 1910.07454, appendix C',
  says:
    'If only ReLU and a layer without bias lie between two normalizations, then Σ(γ·∂L/∂γ + β·∂L/∂β) = 0, ' +
    'and weight decay on γ and β does not regularise.',
  async run(): Promise<Outcome> {
    const relu = await cosines(ops.relu)
    const tanh = await cosines(ops.tanh)
    const [hidden, last, curved] = [greatest(relu.slice(0, -1)), relu.at(-1)!, greatest(tanh.slice(0, -1))]
    const inner = Math.max(await change(0, 3), await change(1, 3))
    const outer = await change(2, 3)
    return {
      measured: [
        { name: 'greatest |cos| of hidden (γ, β) with their gradient', value: hidden, expected: '0' },
        { name: '|cos| of the last (γ, β)', value: last, expected: 'not 0' },
        { name: 'greatest |cos| of hidden (γ, β) with tanh', value: curved, expected: 'not 0' },
        { name: 'change of the loss with 3·(γ, β), hidden', value: inner, expected: '0' },
        { name: 'change of the loss with 3·(γ, β), last', value: outer, expected: 'not 0' },
      ],
      checks: [
        check(`greatest |cos| ${short(hidden)} < 1e-12 in hidden layers`, hidden < 1e-12),
        check(`3·(γ, β) changes the loss by ${short(inner)} < 1e-12`, inner < 1e-12),
        check(
          `control: |cos| ${short(last)} > 1e-2 in the last, which no normalization follows`,
          last > 1e-2,
        ),
        check(`control: there 3·(γ, β) changes the loss by ${short(outer)} > 0.1`, outer > 0.1),
        check(`control: |cos| ${short(curved)} > 1e-3 with tanh, which bends`, curved > 1e-3),
      ],
    }
  },
} satisfies Claim
