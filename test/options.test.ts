import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { optionsPage, optionTakers } from '../scripts/option-takers.ts'
import { input } from '../src/core/tensor.ts'
import * as evenstep from '../src/index.ts'
import { toy } from './support/toy.ts'

// Every public function and class that takes options refuses one that it does not know, and names those that it knows.

/** Parameters whose objects have keys that the library does not read. */
const foreign: Readonly<Record<string, string>> = {
  'nn.fromKeras': 'the configuration of a layer of Keras',
  'nn.stateFromKeras': 'the weights of a layer of Keras',
}

const experiment = toy()
const { model: make, data: split } = experiment
const model = evenstep.nn.initialize(make({} as never), 0)
const task = evenstep.train.taskOf(experiment)
const images = (rank: number) => input([2, 4, ...new Array(rank).fill(8)])
const labels = input([2], 'int32')
/** A path at which nothing can be made. */
const nowhere = '/dev/null/nowhere'
const constant = evenstep.schedule.constant(0.1)

/** One value for several names. */
const shared = (value: unknown, names: string): Readonly<Record<string, unknown>> =>
  Object.fromEntries(names.split(' ').map((name) => [name, value]))

/** What stands for a parameter that comes before the options, by its name, or by that of its function as well. */
const samples: Readonly<Record<string, unknown>> = {
  'nn.fromOnnxBytes.bytes': new Uint8Array(),
  worker: { postMessage() {} },
  settings: {},
  'nn.TabularInput.data': { categories: [0, 3] },
  ...shared(new Uint8Array(4), 'file images picture'),
  ...shared(nowhere, 'path xPath yPath imagesPath labelsPath paths folder'),
  ...shared(4, 'inFeatures outFeatures inChannels outChannels numFeatures numChannels normalizedShape'),
  ...shared(4, 'inputSize hiddenSize embedDim numEmbeddings embeddingDim'),
  ...shared(2, 'numGroups numHeads'),
  ...shared(input([2, 4]), 'x a b output target logits scores logProbabilities'),
  ...shared(0.1, 'initial factor lr maxLr baseLr baseMomentum p'),
  ...shared(split.train, 'dataset source stream'),
  split,
  ...shared([0.1, 0.2], 'values weights'),
  ...{ experiment, model, task, loader: evenstep.data.loader(split.train, { batchSize: 4 }), events: [] },
  ...{ examples: () => [], inputs: {}, body: () => ({}), module: import.meta.url },
  ...{ name: 'text', text: 'x,y\n1,a', texts: ['ab'], arrays: {}, variables: new Map(), tensors: new Map() },
  ...{ shape: [2], initializer: () => [0, 0], labels, bias: undefined, kernelSize: 3 },
  ...{ axes: [0], axis: 0, k: 1, pads: [0, 1].map(() => [0, 0]) },
  ...{ schedule: constant, schedules: [constant, constant], points: [0, 1].map((at) => [at, at]) },
  'schedule.momentumOf.schedule': evenstep.schedule.oneCycle(1, { totalSteps: 10 }),
  'data.normalize.__0': split,
  'data.moments.__0': split.train,
  'data.streamMoments.stream': evenstep.data.stream(() => [], { shape: [1] }),
  'doctor.drift.__0': { model },
  'ops.crossEntropy.target': labels,
  'ops.cosineEmbeddingLoss.target': input([2]),
  'ops.multiMarginLoss.target': labels,
  ...Object.fromEntries(
    [1, 2, 3].flatMap((rank) => {
      const weight = input([4, 4, ...new Array(rank).fill(3)])
      return [
        ...['conv', 'convTranspose'].flatMap((name) => [
          [`ops.${name}${rank}d.x`, images(rank)],
          [`ops.${name}${rank}d.weight`, weight],
        ]),
        ...['avgPool', 'maxPool'].map((name) => [`ops.${name}${rank}d.x`, images(rank)]),
      ]
    }),
  ),
  'ops.any.x': input([2], 'bool'),
  'ops.all.x': input([2], 'bool'),
  'nn.summary.shape': [8, 2],
  'train.parseExperiment.json': {},
  'train.exportOnnx.spec': { shape: [2] },
  'ops.interpolate.x': images(2),
}

/** What calling or making something fails with; of a generator, what its first value does. */
async function failureOf(name: string, args: readonly unknown[]): Promise<unknown> {
  const path = name.split('.')
  const made = path.reduce(
    (from, key) => (from as Readonly<Record<string, unknown>>)[key],
    evenstep as unknown,
  )
  try {
    const isClass = /^(?:default_)?class\b/.test(Function.prototype.toString.call(made))
    const value: unknown = isClass
      ? Reflect.construct(made as new () => unknown, args)
      : await (made as (...args: unknown[]) => unknown)(...args)
    const isGenerator = typeof value === 'object' && value !== null && 'next' in value
    if (isGenerator) await (value as AsyncGenerator).next()
    return undefined
  } catch (error) {
    return error
  }
}

const all = optionTakers()
const takers = all.filter(({ name }) => !(name in foreign))

test.each(takers)('$name refuses an unknown option', async ({ name, before, options }) => {
  const args = before.map((parameter) => {
    const key = [`${name}.${parameter}`, parameter].find((one) => one in samples)
    expect(key, `samples has nothing for ${name}'s ${parameter}`).toBeDefined()
    return samples[key!]
  })
  const names = options.map((option) => option.name)
  const slip = `${names[0]}x`
  const failure = await failureOf(name, [...args, { [slip]: 1 }])
  expect(failure).toBeInstanceOf(evenstep.ArgumentError)
  const [, known, nearest] =
    /: wanted one of (.+), got \w+; did you mean (\w+)\?$/.exec(String(failure)) ?? []
  expect(nearest, String(failure)).toBe(names[0])
  const [who] = (failure as Error).message.split(': ')
  expect(name === 'study.define' ? ['study'] : [name, name.split('.').at(-1)]).toContain(who)
  expect(known!.split(', ').sort()).toEqual(names.toSorted())
})

test.each(takers)('$name refuses options that are no object', async ({ name, before }) => {
  const args = before.map((parameter) => samples[`${name}.${parameter}`] ?? samples[parameter])
  expect(await failureOf(name, [...args, 3])).toBeInstanceOf(evenstep.ArgumentError)
  expect(await failureOf(name, [...args, null])).toBeInstanceOf(evenstep.ArgumentError)
})

test('columns and nested options are as strict', () => {
  const { data, nn } = evenstep
  expect(() => data.dataset({ clases: 3 } as never)).toThrow(
    'dataset: wanted one of x, y, shape, targetShape, target, weights, classes, classNames, featureNames, categories, ignoreIndex, got clases; did you mean classes?',
  )
  expect(() => new nn.BatchNorm1d(4, { renorm: { rmax: 1 } as never })).toThrow(
    'BatchNorm1d: renorm: wanted one of rMax, dMax, got rmax; did you mean rMax?',
  )
})

test('a layer without options says that it has none', () => {
  expect(() => new evenstep.nn.ReLU({ inplace: true } as never)).toThrow(
    'ReLU: wanted no options, got inplace',
  )
})

test('what is left out is public', () => {
  for (const name of Object.keys(foreign)) expect(all.map((one) => one.name)).toContain(name)
})

test('the page of options is up to date, and documents each: npx jiti scripts/options.ts', () => {
  expect(readFileSync(new URL('../docs/options.md', import.meta.url), 'utf8')).toBe(optionsPage(all))
  const undocumented = takers.flatMap(({ name, options }) =>
    options.filter(({ about }) => about === '').map((option) => `${name}: ${option.name}`),
  )
  expect(undocumented).toEqual([])
})
