import { data, random } from 'evenstep'
import { caltech10, fewDigits, slice } from '../../examples/fine-tune-data.ts'
import { type FineTuned, ocrClassifier, ocrReader, type Start } from '../../examples/nets/ocr.ts'

/** The networks to start from, and how many of their layers are batch normalizations. */
export const networks: Readonly<
  Record<string, { readonly make: (start: Start) => FineTuned; readonly about: string }>
> = {
  classifier: { make: ocrClassifier, about: '35 batch normalizations before 53 convolutions' },
  reader: { make: ocrReader, about: '6 batch normalizations, after 32 convolutions without any' },
}

/** Returns a fixed number of examples to learn from, drawn by the seed, and 400 to measure by. */
type Task = (count: number, seed: number) => Promise<data.Split>

let photographs: data.Split | undefined

export const tasks: Readonly<Record<string, Task>> = {
  digits: async (count, seed) => {
    const { train, validation } = fewDigits(count, seed)
    return { train, validation: slice(validation, 0, 400) }
  },
  photographs: async (count, seed) => {
    photographs ??= await caltech10(process.env.EVENSTEP_DATA ?? 'data')
    const { train, validation } = photographs
    return { train: data.subset(train, chosen(train.length, count, seed)), validation }
  },
}

const chosen = (all: number, count: number, seed: number): Int32Array =>
  random(seed, 'fine-tuning').permutation(all).slice(0, count)

/** Numbers of examples, few and as many as there are photographs; each is trained on for the same number of steps. */
export const counts = [100, 375] as const
export const batchSize = 25
export const steps = 60

export const arms = ['frozen', 'trained'] as const
export type Arm = (typeof arms)[number]

/** One training run. */
export interface Plan {
  readonly network: string
  readonly task: string
  readonly count: number
  readonly statistics: Arm
  readonly seed: number
}

export interface Outcome {
  readonly accuracy: number
  readonly loss: number
}

/** Returns the plans of a seed. */
export const plansOf = (seed: number): readonly Plan[] =>
  Object.keys(networks).flatMap((network) =>
    Object.keys(tasks).flatMap((task) =>
      counts.flatMap((count) => arms.map((statistics) => ({ network, task, count, statistics, seed }))),
    ),
  )
