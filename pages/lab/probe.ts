import { type Compiled, compile, type data, nn, type Tensor } from 'evenstep'
import { modelOf, type NetSetting } from './experiment.ts'
import { type Histogram, histogramOf } from './histogram.ts'
import { hiddenPlaces } from './plan.ts'

/** What a net does with the probe's examples, in evaluation mode or by the statistics of these examples. */
export interface ModeReport {
  /** Share of the examples whose class is right. */
  readonly accuracy: number
  /** The values that enter each hidden layer's ReLU. */
  readonly activations: readonly Histogram[]
}

export interface ProbeReport {
  readonly eval: ModeReport
  readonly train: ModeReport
  /** ‖w‖ of each hidden layer's weight matrix. */
  readonly norms: readonly number[]
}

const modes = ['eval', 'train'] as const

/** Number of examples that a probe looks at. */
export const probed = 1000

/**
 * Looks at a net while it trains: at the outputs of its layers for some validation examples. It runs a copy of the net,
 * whose running statistics never learn, on the weights that the net has at the time.
 */
export class Probe {
  readonly #live: nn.Module
  readonly #copy: nn.Sequential
  readonly #depth: number
  readonly #x: Float32Array
  readonly #y: ArrayLike<number>
  readonly #shape: readonly number[]
  #compiled: Promise<Compiled<'x', string>> | undefined

  constructor({ net, data: name }: NetSetting, source: data.Split['validation'], live: nn.Module) {
    const size = source.x.data.length / source.length
    const count = Math.min(probed, source.length)
    this.#live = live
    this.#copy = modelOf({ ...net, statistics: 0 }, name)
    this.#depth = net.depth
    this.#x = (source.x.data as Float32Array).slice(0, count * size)
    this.#y = source.y.data as Int32Array
    this.#shape = [count, ...source.x.shape]
  }

  /** Returns what the net does now. @throws {ArgumentError} before it has weights. */
  async report(): Promise<ProbeReport> {
    const live = nn.variables(this.#live)
    for (const [name, variable] of nn.variables(this.#copy)) variable.data = live.get(name)!.data
    this.#compiled ??= this.#compile()
    const results = await (await this.#compiled)({ x: this.#x })
    const [evaluated, trained] = modes.map((mode) => this.#read(mode, results))
    const norms = hiddenPlaces({ depth: this.#depth }).map((place) =>
      normOf(live.get(`${place}.weight`)!.data),
    )
    return { eval: evaluated!, train: trained!, norms }
  }

  #compile(): Promise<Compiled<'x', string>> {
    const relus = hiddenPlaces({ depth: this.#depth }).map((place) => String(place + 2))
    return compile(
      { x: { shape: this.#shape, dtype: 'float32' } },
      ({ x }) => {
        const results: Record<string, Tensor> = {}
        for (const mode of modes) {
          const seen = ({ name, inputs }: nn.Call): void => {
            if (relus.includes(name)) results[`${mode} ${relus.indexOf(name)}`] = inputs[0] as Tensor
          }
          results[`${mode} scores`] = nn.observe(this.#copy, seen, () => this.#copy.forward(x, mode))
        }
        return results
      },
      { threads: 1 },
    )
  }

  #read(
    mode: (typeof modes)[number],
    results: Readonly<Record<string, ArrayLike<number | bigint>>>,
  ): ModeReport {
    const values = (name: string): Float32Array => results[`${mode} ${name}`] as Float32Array
    const activations = Array.from({ length: this.#depth }, (_, i) => histogramOf(values(String(i))))
    return { accuracy: accuracyOf(values('scores'), this.#y, this.#shape[0]!), activations }
  }
}

function accuracyOf(scores: Float32Array, labels: ArrayLike<number>, count: number): number {
  const classes = scores.length / count
  let right = 0
  for (let i = 0; i < count; i++) {
    const row = scores.subarray(i * classes, (i + 1) * classes)
    if (row.indexOf(Math.max(...row)) === labels[i]) right++
  }
  return right / count
}

function normOf(values: ArrayLike<number | bigint>): number {
  let sum = 0
  for (let i = 0; i < values.length; i++) sum += Number(values[i]) ** 2
  return Math.sqrt(sum)
}
