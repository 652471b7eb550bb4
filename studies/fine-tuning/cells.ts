import { data, random } from 'evenstep'
import { caltech10, fewDigits, slice } from '../../examples/fine-tune-data.ts'
import { type FineTuned, ocrClassifier, ocrReader, type Start } from '../../examples/nets/ocr.ts'

interface Network {
  readonly make: (start: Start) => FineTuned
  /** Height and width that pictures are scaled to. */
  readonly size: readonly [height: number, width: number]
  /** Names of the body's variables that do not learn. @default none */
  readonly locked?: RegExp
  readonly about: string
}

/** The networks to start from, and how many of their layers that learn are batch normalizations. */
export const networks: Readonly<Record<string, Network>> = {
  classifier: {
    make: ocrClassifier,
    size: [48, 32],
    about: '35 batch normalizations before 53 convolutions',
  },
  reader: {
    make: ocrReader,
    size: [48, 16],
    locked: /^(conv2d_10|batch_norm2d_2|conv2d_1(0[67]|1[78]|5[7-9]|[67]\d|8[0-4]))\./,
    about: '5 batch normalizations in its last part, which learns, and 33 locked convolutions before',
  },
}

interface Task {
  /** Numbers of examples to learn from, each trained on for the same number of steps. */
  readonly counts: readonly number[]
  /** Returns examples to learn from, drawn by the seed, and 400 to 440 others to measure by. */
  readonly split: (count: number, seed: number) => Promise<data.Split>
}

let photographs: data.Split | undefined

export const tasks: Readonly<Record<string, Task>> = {
  digits: {
    counts: [100, 1000],
    split: async (count, seed) => {
      const { train, validation } = fewDigits(count, seed)
      return { train, validation: slice(validation, 0, 400) }
    },
  },
  photographs: {
    counts: [100, 375],
    split: async (count, seed) => {
      photographs ??= await caltech10(process.env.EVENSTEP_DATA ?? 'data')
      const { train, validation } = photographs
      return { train: data.subset(train, chosen(train.length, count, seed)), validation }
    },
  },
}

const chosen = (all: number, count: number, seed: number): Int32Array =>
  random(seed, 'fine-tuning').permutation(all).slice(0, count)

/** Numbers of seeds at which the study is judged. */
export const looks = [3, 6] as const
export const batchSize = 25
export const steps = 40

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

/** What is compared: a network that learns a task from a number of examples. */
export const cells: readonly Pick<Plan, 'network' | 'task' | 'count'>[] = Object.keys(networks).flatMap(
  (network) =>
    Object.entries(tasks).flatMap(([task, { counts }]) => counts.map((count) => ({ network, task, count }))),
)

/** Returns the plans of a seed. */
export const plansOf = (seed: number): readonly Plan[] =>
  cells.flatMap((cell) => arms.map((statistics) => ({ ...cell, statistics, seed })))
