import { expect } from 'vitest'
import { random } from '../../src/core/random.ts'
import { dataset, type Split } from '../../src/data/index.ts'
import {
  type Advised,
  type Diagnosis,
  examine,
  phrase,
  type Severity,
  Subject,
} from '../../src/doctor/index.ts'
import * as nn from '../../src/nn/index.ts'
import * as ops from '../../src/ops/index.ts'
import { sgd } from '../../src/optim/index.ts'
import { type Experiment, type ExperimentOptions, experiment } from '../../src/train/index.ts'
import { joinedSteps, type Steps } from '../../src/train/steps.ts'
import type { Task } from '../../src/train/task.ts'
import { run, taskOf } from '../../src/train/train.ts'

/** Features of a point, and classes of points. */
export const features = 16
export const classes = 4

/** Points of four classes: those of class c have a mean of `separation` in every fourth feature. */
export function points(train: number = 512, separation: number = 1, validation: number = 128): Split {
  const source = random('points')
  const make = (n: number): Split['train'] => {
    const y = Int32Array.from({ length: n }, (_, i) => i % classes)
    const x = Float32Array.from({ length: n * features }, (_, i) =>
      source.normal((i % features) % classes === y[Math.floor(i / features)]! ? separation : 0),
    )
    return dataset({ x, y, classes })
  }
  return { train: make(train), validation: make(validation) }
}

/** The same points, to be told by numbers: 1 for their class, and 0 for the others. */
export function targets(train: number): Split {
  const both = points(train, 1, train)
  const told = ({ x, y }: Split['train']): Split['train'] =>
    dataset({
      x: x.data as Float32Array,
      y: Float32Array.from({ length: classes * train }, (_, i) =>
        Number(y.data[Math.floor(i / classes)] === i % classes),
      ),
      targetShape: [classes],
    })
  return { train: told(both.train), validation: told(both.validation) }
}

/** Gradient descent of a smooth network, long enough to come to the edge of stability, 2/η. */
export const atTheEdge = (): Partial<ExperimentOptions> => ({
  data: targets(128),
  batchSize: 128,
  epochs: 800,
  model: () =>
    new nn.Sequential(
      new nn.Linear(features, 32),
      new nn.Tanh(),
      new nn.Linear(32, 32),
      new nn.Tanh(),
      new nn.Linear(32, classes),
    ),
  loss: ops.mseLoss,
  optimizer: sgd({ lr: 1 }),
})

interface NetworkOptions {
  readonly depth?: number
  /** Of each BN layer. */
  readonly norm?: nn.BatchNormOptions
  /** What multiplies the first weights of a linear layer. */
  readonly scale?: (layer: number) => number
}

/** Linear layers of 32, each followed by BN and ReLU, and a linear one. */
export const network =
  ({ depth = 2, norm = {}, scale = () => 1 }: NetworkOptions = {}) =>
  (): nn.Sequential => {
    const hidden = Array.from({ length: depth }, (_, i) => {
      const linear = new nn.Linear(i === 0 ? features : 32, 32, { bias: false })
      const { initializer } = linear.weight
      linear.weight.initializer = (...given) => Array.from(initializer(...given), (x) => scale(i) * x)
      return [linear, new nn.BatchNorm1d(32, norm), new nn.ReLU()]
    })
    return new nn.Sequential(...hidden.flat(), new nn.Linear(32, classes))
  }

/** An experiment that takes some 0.1 s. */
export const setup = (changes: Partial<ExperimentOptions> = {}): Experiment =>
  experiment({
    data: points(),
    model: network(),
    loss: ops.crossEntropy,
    optimizer: sgd({ lr: 0.05 }),
    batchSize: 32,
    epochs: 5,
    ...changes,
  })

export interface Trained {
  readonly experiment: Experiment
  readonly task: Task
  readonly log: Steps
}

/** A run from its start to its end. */
export async function trained(changes: Partial<ExperimentOptions> = {}): Promise<Trained> {
  const made = setup({ threads: 1, ...changes })
  const task = taskOf(made)
  const parts: Steps[] = []
  for await (const event of run(made, { task })) {
    if (event.type !== 'steps') continue
    const { losses, lrs, logs } = event
    parts.push({
      losses: Float64Array.from(losses),
      lrs: Float64Array.from(lrs),
      ...(logs && { logs }),
    })
  }
  return { experiment: made, task, log: joinedSteps(parts) }
}

export const subjectOf = ({ experiment, task, log }: Trained): Subject => new Subject(experiment, task, log)

/** What one diagnostic says of a run. */
export async function diagnosed(
  { experiment, task, log }: Omit<Trained, 'log'> & Partial<Pick<Trained, 'log'>>,
  id: string,
): Promise<Diagnosis> {
  for await (const diagnosis of examine(experiment, task, { log, only: [id] })) return diagnosis
  throw new Error(`${id}: nothing was said`)
}

const instruction =
  /[:;,] (add|change|decay|divide|end|exempt|give|leave|let|lower|move|multiply|raise|recalibrate|remeasure|set|start|use|warm)\b/

/** Checks that a sentence ends with the change that it advises, and with no instruction if it advises none. */
export function expectToSayItsChange({ advice, change }: Advised): void {
  if (change) expect(advice.endsWith(`: ${phrase(change)}`), advice).toBe(true)
  else expect(advice).not.toMatch(instruction)
}

/** Its severity, or that it does not apply. */
export const severityOf = (said: Diagnosis): Severity | 'inapplicable' =>
  'severity' in said ? said.severity : 'inapplicable'
