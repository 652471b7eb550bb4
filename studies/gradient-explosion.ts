import { compile, gradients, nn, ops, random, type Tensor } from 'evenstep'
import { type Check, type Claim, check, type Measure, type Outcome, type Scale } from './claim.ts'
import { examples } from './support/digits.ts'
import { Net, type NetOptions } from './support/net.ts'
import { mean, percent, short } from './support/numbers.ts'

const batchSize = 512
const depth = 20
/** π/(π − 1): the factor by which each layer of a deep batch-normalized ReLU net multiplies ‖gradient‖². */
const predicted = Math.PI / (Math.PI - 1)

interface Inputs {
  readonly x: Float32Array
  readonly y: Int32Array
}

const noise = (seed: number): Inputs => {
  const source = random(seed, 'noise')
  return {
    x: Float32Array.from({ length: batchSize * 100 }, () => source.normal()),
    y: Int32Array.from({ length: batchSize }, () => Math.floor(source.uniform(0, 10))),
  }
}

const digits = (seed: number): Inputs => {
  const { x, y } = examples(batchSize, seed)
  return { x: x.data as Float32Array, y: y.data as Int32Array }
}

/** ‖∂L/∂hᵢ‖² over ‖∂L/∂hᵢ₊₁‖² at initialization: the geometric mean over hidden layers 2 to 16. */
async function explosion(
  options: Omit<NetOptions, 'sizes'>,
  { x, y }: Inputs,
  width: number,
  seed: number,
): Promise<number> {
  const net = new Net({ sizes: [100, ...new Array<number>(depth).fill(width), 10], ...options })
  nn.initialize(net, seed)
  const step = await compile(
    { x: { shape: [batchSize, 100] }, y: { shape: [batchSize], dtype: 'int32' } },
    ({ x, y }: Record<'x' | 'y', Tensor>) => {
      const outputs = new Map<unknown, Tensor>()
      const forward = (): Tensor => net.forward(x, 'train')
      const logits = nn.observe(net, ({ module, output }) => outputs.set(module, output), forward)
      const layers = (net.norms.length > 0 ? net.norms : net.hidden).map((layer) => outputs.get(layer)!)
      const slopes = gradients(ops.crossEntropy(logits, y), layers)
      return { squares: ops.stack(slopes.map((g) => ops.sum(ops.square(g)))) }
    },
  )
  const { squares } = await step({ x, y })
  const logs = Array.from({ length: 15 }, (_, k) => Math.log(Number(squares[k + 1]) / Number(squares[k + 2])))
  return Math.exp(mean(logs))
}

export default {
  id: 'A10',
  title: 'In batch-normalized ReLU nets without shortcuts, gradients explode',
  source: 'Yang et al. 2019, arXiv 1902.08129',
  says: 'At initialization, the backward pass multiplies ‖gradient‖² by π/(π − 1) = 1.467 at each layer, whatever the scale of the weights.',
  async run(scale: Scale): Promise<Outcome> {
    const [width, seeds] = scale === 'quick' ? [300, [0]] : [1000, [0, 1, 2]]
    const over = async (options: Omit<NetOptions, 'sizes'>, inputs: (seed: number) => Inputs) => {
      const found: number[] = []
      for (const seed of seeds) found.push(await explosion(options, inputs(seed), width, seed))
      return found
    }
    const measured: Measure[] = []
    const checks: Check[] = []
    for (const [name, inputs] of Object.entries({ noise, digits })) {
      const found = await over({}, inputs)
      measured.push({ name: `ratio by seed, ${name}`, value: found, expected: short(predicted, 4) })
      const off = mean(found) / predicted - 1
      const what = `${name}: ${short(mean(found), 4)} is ${percent(off)} off ${short(predicted, 4)}, within 2 %`
      checks.push(check(what, Math.abs(off) < 0.02))
    }
    const plain = await over({ normalize: false }, noise)
    const tanh = await over({ activation: ops.tanh }, noise)
    measured.push({ name: 'ratio by seed without BN, noise', value: plain, expected: '1' })
    measured.push({ name: 'ratio by seed with tanh, noise', value: tanh, expected: 'below ReLU’s' })
    const [without, curved] = [mean(plain), mean(tanh)]
    checks.push(
      check(`control: without BN ${short(without, 4)} < 1.05`, without < 1.05),
      check(`control: with tanh ${short(curved, 4)} < 1.25`, curved < 1.25),
    )
    return { measured, checks }
  },
} satisfies Claim
