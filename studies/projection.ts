import { gradients, type Tensor } from 'evenstep'
import { type Claim, check, type Outcome } from './claim.ts'
import { mixAffine, Net } from './support/net.ts'
import { dot, greatest, mean, type Numbers, norm, rows, short } from './support/numbers.ts'
import { measureStep } from './support/step.ts'

const [batchSize, width, layers] = [128, 50, 3]

const makeNet = (bias: boolean): Net => {
  const net = new Net({ sizes: [100, width, width, width, 10], bias })
  mixAffine(net)
  return net
}

/** Input and output of each normalization, and the loss's gradients with respect to both. */
const passes = (net: Net): Promise<Readonly<Record<string, Numbers>>> =>
  measureStep(net, (loss, calls): Record<string, Tensor> => {
    const ours = net.norms.map((norm) => calls.find(({ module }) => module === norm)!)
    return Object.fromEntries(
      ours.flatMap(({ inputs, output }, i) => {
        const x = inputs[0] as Tensor
        const [dx, dy] = gradients(loss, [x, output])
        return Object.entries({ x, y: output, dx: dx!, dy: dy! }).map(([name, t]) => [`${name} ${i}`, t])
      }),
    )
  })

const column = (a: Numbers, c: number): Float64Array => Float64Array.from(rows(a, width), (row) => row[c]!)

interface Channel {
  /** ‖∂L/∂x‖² divided by its prediction from the projection; should be 1. */
  readonly ratio: number
  /** ‖∂L/∂x‖² divided by γ²/σ² · ‖∂L/∂y‖²; the projection makes it smaller than 1. */
  readonly kept: number
}

/** The ratios of one channel of one normalization, from the values of `passes`. */
function channel(net: Net, values: Readonly<Record<string, Numbers>>, layer: number, c: number): Channel {
  const at = (name: string): Float64Array => column(values[`${name} ${layer}`]!, c)
  const [x, y, dx, dy] = [at('x'), at('y'), at('dx'), at('dy')]
  const [gamma, beta] = [net.norms[layer]!.weight!, net.norms[layer]!.bias!].map(({ data }) =>
    Number(data[c]),
  )
  const sigma2 = mean(x.map((value) => (value - mean(x)) ** 2))
  const hat = y.map((value) => (value - beta!) / gamma!)
  const scale = gamma! ** 2 / sigma2
  const projected = dot(dy, dy) - (batchSize * mean(dy)) ** 2 / batchSize - dot(dy, hat) ** 2 / batchSize
  return { ratio: dot(dx, dx) / (scale * projected), kept: dot(dx, dx) / (scale * dot(dy, dy)) }
}

/** ‖∂L/∂bias‖ over ‖∂L/∂weight‖ of a layer before a normalization, and of the output layer. */
async function biases(): Promise<{ readonly hidden: number; readonly out: number }> {
  const net = makeNet(true)
  const [first, last] = [net.hidden[0]!, net.out]
  const slopes = await measureStep(net, (loss) => {
    const wrt = [first.bias!, first.weight, last.bias!, last.weight].map(({ value }) => value)
    const [hiddenBias, hiddenWeight, outBias, outWeight] = gradients(loss, wrt)
    return { hiddenBias: hiddenBias!, hiddenWeight: hiddenWeight!, outBias: outBias!, outWeight: outWeight! }
  })
  return {
    hidden: norm(slopes.hiddenBias) / norm(slopes.hiddenWeight),
    out: norm(slopes.outBias) / norm(slopes.outWeight),
  }
}

export default {
  id: 'S2',
  title: 'Batch normalization projects gradients orthogonally',
  source: 'Santurkar et al. 2018, arXiv 1805.11604, theorem 4.1, as an equality',
  says:
    '‖∂L/∂x‖² = γ²/σ² · (‖g‖² − ⟨1, g⟩²/B − ⟨g, x̂⟩²/B) for each channel, with g = ∂L/∂y; ' +
    'so a bias before it has no gradient.',
  async run(): Promise<Outcome> {
    const net = makeNet(false)
    const values = await passes(net)
    const channels = Array.from({ length: layers * width }, (_, i) =>
      channel(net, values, Math.floor(i / width), i % width),
    ).filter(({ ratio }) => Number.isFinite(ratio)) // a neuron that no example activates has no gradient
    const error = greatest(channels.map(({ ratio }) => Math.abs(ratio - 1)))
    const unprojected = greatest(channels.map(({ kept }) => 1 - kept))
    const bias = await biases()
    return {
      measured: [
        { name: 'channels', value: channels.length },
        { name: 'greatest relative error', value: error, expected: '0' },
        { name: 'mean share that the projection takes', value: 1 - mean(channels.map(({ kept }) => kept)) },
        { name: '‖∂L/∂bias‖ over ‖∂L/∂weight‖, before BN', value: bias.hidden, expected: '0' },
        { name: '‖∂L/∂bias‖ over ‖∂L/∂weight‖, output layer', value: bias.out, expected: 'not 0' },
      ],
      checks: [
        check(`${channels.length} of ${layers * width} channels have a gradient`, channels.length > 100),
        check(`the equality holds to ${short(error)} < 1e-12`, error < 1e-12),
        check(
          `control: without the projection it is off by ${short(unprojected)} > 0.05`,
          unprojected > 0.05,
        ),
        check(`the gradient of a bias before BN is ${short(bias.hidden)} < 1e-14`, bias.hidden < 1e-14),
        check(`control: that of the output layer's bias is ${short(bias.out)} > 1e-3`, bias.out > 1e-3),
      ],
    }
  },
} satisfies Claim
