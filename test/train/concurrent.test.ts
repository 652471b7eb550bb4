import { setTimeout as later } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { loader } from '../../src/data/loader.ts'
import { stream } from '../../src/data/stream.ts'
import { compile } from '../../src/index.ts'
import * as ops from '../../src/ops/index.ts'
import { sgd } from '../../src/optim/index.ts'
import { assignAll } from '../../src/train/assign-weights.ts'
import { exportOnnx } from '../../src/train/export.ts'
import { findLearningRate } from '../../src/train/find-lr.ts'
import { recalibrate } from '../../src/train/recalibrate.ts'
import { writeSafetensors } from '../../src/train/safetensors.ts'
import { Task } from '../../src/train/task.ts'
import type { TaskOptions } from '../../src/train/task-options.ts'
import { clouds, ToyNet, toy } from '../support/toy.ts'

// Calls made at once give the numbers of calls made one after another, in the order in which they were made.

const { train, validation } = clouds(96)
const stack = { x: train.x.data, y: train.y.data, length: 96 }
const other = loader(train, { batchSize: 96, seed: 7 })
const second = [...other.batches(0)][0]!

const plain = sgd({ lr: 0.1 })
const ema = sgd({ lr: 0.1, average: { type: 'ema', decay: 0.9 } })
const kinds: Readonly<Record<string, Partial<TaskOptions>>> = {
  'training weights': { optimizer: plain },
  'averaged weights': { optimizer: ema },
  'statistics measured anew': { optimizer: plain, recalibrateBeforeEvaluation: true },
}

const make = (options: Partial<TaskOptions> = {}): Task =>
  new Task({ model: new ToyNet(), loss: ops.crossEntropy, optimizer: ema, data: train, ...options })

/** Returns a task after a few steps. */
async function trained(options: Partial<TaskOptions> = {}): Promise<Task> {
  const task = make(options)
  await task.learn(stack, 8)
  return task
}

type Call = (task: Task) => Promise<unknown>
const steps: Call = async (task) => [...(await task.learn(second, 8)).losses]
const evaluateTrain: Call = (task) => task.evaluate(train)
const evaluateValidation: Call = (task) => task.evaluate(validation, { batchSize: 7 })
const measure: Call = async ({ model }) => void (await recalibrate(model, other))
const inner: Call = (task) =>
  task.atEvaluation(async () => [
    await evaluateTrain(task),
    ...(await Promise.all([measure, evaluateTrain].map((f) => f(task)))),
  ])

const calls: Readonly<Record<string, readonly Call[]>> = {
  'two evaluations': [evaluateTrain, evaluateValidation],
  'evaluation during steps, and steps during evaluation': [steps, evaluateValidation, steps, evaluateTrain],
  'evaluations within another': [inner, evaluateValidation, steps, inner],
  'statistics, steps and evaluations': [measure, evaluateTrain, steps, measure, evaluateValidation],
}

/** Makes all calls at once; a call of steps waits for the one before, since a task refuses a second one. */
async function atOnce(task: Task, all: readonly Call[]): Promise<unknown[]> {
  let learning: Promise<unknown> = Promise.resolve()
  const made: Promise<unknown>[] = []
  for (const call of all) {
    if (call === steps) await learning
    const result = call(task)
    if (call === steps) learning = result
    made.push(result)
  }
  return Promise.all(made)
}

describe.each(Object.entries(kinds))('with %s', async (_, options) => {
  const [one, many] = [await trained(options), await trained(options)]
  test.each(Object.entries(calls))('%s at once', async (_, all) => {
    const apart: unknown[] = []
    for (const call of all) apart.push(await call(one))
    expect(await atOnce(many, all)).toEqual(apart)
    expect(writeSafetensors(many.variables)).toEqual(writeSafetensors(one.variables))
  })
})

test('an evaluation on a stream uses the weights with which it began, and others run while it waits for data', async () => {
  const [task, alone] = [await trained(), await trained()]
  const inTurn = [
    await alone.evaluate(train, { batchSize: 2 }),
    await steps(alone),
    await evaluateTrain(alone),
  ]
  const during: unknown[] = []
  const x = train.x.data as Float32Array
  const examples = stream(
    async function* () {
      for (let i = 0; i < train.length; i++) {
        await later(0)
        if (i === 70) during.push(await steps(task), await evaluateTrain(task)) // 64 examples are evaluated by then
        yield { x: x.slice(2 * i, 2 * i + 2), y: Number(train.y.data![i]) }
      }
    },
    { shape: [2], classes: 3 },
  )
  const evaluated = await task.evaluate(examples, { batchSize: 2 })
  expect([evaluated, ...during]).toEqual(inTurn)
  expect(writeSafetensors(task.variables)).toEqual(writeSafetensors(alone.variables))
})

test('two tasks that share a model take turns', async () => {
  const results = async (at: (calls: (() => Promise<unknown>)[]) => Promise<unknown>) => {
    const model = new ToyNet()
    const [a, b] = [await trained({ model }), make({ model, optimizer: plain })]
    const all = [steps, steps, evaluateTrain, evaluateTrain].map((call, i) => () => call(i % 2 ? b : a))
    return [await at(all), writeSafetensors(a.variables)]
  }
  const atOnce = await results((all) => Promise.all(all.map((call) => call())))
  const inTurn = await results(async (all) => {
    const done: unknown[] = []
    for (const call of all) done.push(await call())
    return done
  })
  expect(atOnce).toEqual(inTurn)
})

test('a range test and evaluations take turns', async () => {
  const experiment = toy({ optimizer: ema })
  const task = await trained()
  const alone = await evaluateValidation(task)
  const options = { task, steps: 30, to: 1 }
  const [curve, during] = await Promise.all([findLearningRate(experiment, options), evaluateValidation(task)])
  expect(during).toEqual(alone)
  expect(curve).toEqual(await findLearningRate(experiment, options))
})

test('what compiled functions compute waits for evaluations, also within them', async () => {
  const task = await trained()
  const { model } = task
  const predict = await compile({ x: { shape: ['N', 2] } }, ({ x }) => ({ y: model.forward(x, 'eval') }))
  const x = train.x.data as Float32Array
  const y = async () => (await predict({ x })).y
  const [training, averaged] = [await y(), await task.atEvaluation(y)]
  expect(averaged).not.toEqual(training)
  const at = await Promise.all([
    task.atEvaluation(y),
    y(),
    task.evaluate(validation),
    y(),
    task.atEvaluation(y),
  ])
  expect([at[0], at[1], at[3], at[4]]).toEqual([averaged, training, training, averaged])
})

test('weights are neither saved nor loaded while an evaluation has changed them', async () => {
  const task = await trained()
  const bytes = writeSafetensors(task.variables)
  const evaluating = task.evaluate(validation)
  const message = ': wanted the weights between calls, got them during a step, an evaluation or a test'
  expect(() => writeSafetensors(task.variables)).toThrow(`writeSafetensors${message}`)
  expect(() => exportOnnx(task.model, train.x)).toThrow(`exportOnnx${message}`)
  expect(() => assignAll(task.variables, new Map(), 'x.safetensors')).toThrow(`x.safetensors${message}`)
  await evaluating
  expect(writeSafetensors(task.variables)).toEqual(bytes)
})
