import { compile, type data, nn, ops, type schedule, type Tensor } from 'evenstep'
import type { Learner } from './learner.ts'

/** How a validation loss is measured: with running statistics as they are, or measured anew at the current weights. */
export type Statistics = 'as they are' | 'recalibrated'

/** A model in training and how to measure it. */
export interface Measured {
  readonly learner: Learner
  readonly validation: data.Dataset
  /** Recalibrates the model and returns a function that undoes it; undefined without batch normalization. */
  readonly refresh: (() => Promise<() => void>) | undefined
}

/** Measures the validation loss; running statistics are afterwards what they were. */
export async function lossWith(statistics: Statistics, measured: Measured): Promise<number> {
  const { learner, validation, refresh } = measured
  if (statistics === 'as they are' || refresh === undefined) return (await learner.measure(validation)).loss
  const restore = await refresh()
  const { loss } = await learner.measure(validation)
  restore()
  return loss
}

/**
 * Returns a function that recalibrates a model as `train.recalibrate` does, on all of `known` as one batch, with one
 * compiled graph however often it is called. It returns a function that puts the former statistics back. Undefined
 * for a model without batch normalization.
 */
export async function refresher(model: nn.Module, known: data.Dataset): Promise<Measured['refresh']> {
  const norms = [...nn.modules(model).values()].filter((module) => module instanceof nn.BatchNorm1d)
  if (norms.length === 0) return undefined
  const statistics = await compile(
    { x: { shape: [known.length, ...known.x.shape], dtype: 'float32', fixed: true } },
    ({ x }: Record<'x', Tensor>) => {
      const calls: nn.Call[] = []
      nn.observe(
        model,
        (call) => calls.push(call),
        () => model.forward(x, 'train'),
      )
      return Object.fromEntries(norms.flatMap((norm, i) => statisticsOf(norm, calls, i)))
    },
    { threads: 1 },
  )
  const kept = norms.flatMap((norm) => [norm.runningMean!, norm.runningVar!, norm.numBatchesTracked!])
  return async () => {
    const before = kept.map(({ data }) => data)
    const anew = (await statistics({ x: known.x.data })) as Readonly<Record<string, Float32Array>>
    for (const [i, norm] of norms.entries()) {
      norm.runningMean!.data = anew[`mean${i}`]!
      norm.runningVar!.data = anew[`variance${i}`]!
    }
    return () => {
      for (const [i, variable] of kept.entries()) variable.data = before[i]!
    }
  }
}

function statisticsOf(norm: nn.BatchNorm1d, calls: readonly nn.Call[], i: number): [string, Tensor][] {
  const x = calls.find(({ module }) => module === norm)!.inputs[0] as Tensor
  return [
    [`mean${i}`, ops.mean(x, 0)],
    [`variance${i}`, ops.variance(x, 0, { correction: 0 })],
  ]
}

export interface Controlled {
  /** The final validation loss, with recalibrated statistics; infinite if the run diverged. */
  readonly loss: number
  /** The step of the first change of the rate, or of the end; the length of the run if there is none. */
  readonly first: number
}

/** A run at a constant rate times the factor of a controller, which sees the loss every `every` steps. */
export async function controlled(
  measured: Measured,
  controller: schedule.Controller,
  { seed, lr, steps, every }: Readonly<Record<'seed' | 'lr' | 'steps' | 'every', number>>,
  statistics: Statistics,
): Promise<Controlled> {
  let state = controller.initial
  let [first, step] = [steps, 0]
  const rate = (): number => lr * controller.factor(state)
  for await (const part of measured.learner.parts({ seed, steps, lr: rate }, every)) {
    if (part.diverged) return { loss: Number.POSITIVE_INFINITY, first }
    step += every
    state = controller.update(state, await lossWith(statistics, measured))
    if (first === steps && (controller.factor(state) < 1 || controller.stop(state))) first = step
    if (controller.stop(state)) break
  }
  return { loss: await lossWith('recalibrated', measured), first }
}
