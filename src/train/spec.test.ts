import { describe, expect, test } from 'vitest'
import { toy } from '../../test/support/toy.ts'
import * as nn from '../nn/index.ts'
import { describe as describeExperiment } from './description.ts'
import { experiment } from './experiment.ts'
import { override, parseExperiment, parseJson, withSettings } from './spec.ts'
import { taskOf } from './train.ts'

describe('an experiment', () => {
  test('has settings that can be overridden', () => {
    const changed = override(toy(), [
      'epochs=7',
      'optimizer.momentum=0.5',
      'dtype=float64',
      'optimizer.lr=0.25',
    ])
    expect([changed.epochs, changed.dtype, changed.optimizer.spec]).toEqual([
      7,
      'float64',
      { type: 'sgd', lr: 0.25, momentum: 0.5 },
    ])
    const scheduled = override(toy(), ['optimizer.lr={"type":"step","initial":1,"stepSize":2}'])
    expect(taskOf(scheduled).lr(2)).toBeCloseTo(0.1, 12)
  })

  test('refuses settings that are none', () => {
    const set =
      (...settings: string[]) =>
      () =>
        override(toy(), settings)
    expect(set('epochs')).toThrow('--set: wanted path=value, such as epochs=10, got "epochs"')
    expect(set('epoch=3')).toThrow(
      /^--set: wanted a path that is one of .*, got epoch; did you mean epochs\?$/,
    )
    expect(set('optimizer.rate=3')).toThrow(
      'sgd: wanted one of lr, momentum, dampening, weightDecay, nesterov, lrScale, peakLr, clip, average, groups, got rate',
    )
    expect(set('optimizer.lr=-1')).toThrow('sgd: wanted lr as a number ≥ 0 or a schedule, got -1')
    expect(set('epochs=two')).toThrow('experiment: wanted epochs as a positive integer, got "two"')
  })

  test('may be plain JSON', async () => {
    const json = {
      data: { breastCancer: true, split: { validation: 0.2 } },
      model: [['Linear', 30, 2], ['ReLU'], ['BatchNorm1d', 2]],
      loss: 'crossEntropy',
      optimizer: { type: 'sgd', lr: { type: 'constant', value: 0.1 }, momentum: 0.9 },
      batchSize: 100,
      epochs: 1,
    }
    const parsed = await parseExperiment(json)
    expect([...taskOf(parsed).variables.keys()].slice(0, 3)).toEqual(['0.weight', '0.bias', '2.weight'])
    const wrong = (changes: object) => expect(parseExperiment({ ...json, ...changes })).rejects
    await wrong({ data: 'digits' }).toThrow(
      /^experiment: wanted data as one of table, .*, digits10x10, .*, got digits$/,
    )
    await wrong({ loss: undefined }).toThrow(
      'experiment: wanted loss as a name, or an object with a type, got nothing',
    )
    await wrong({ loss: 'mse' }).toThrow(
      /^experiment: wanted loss as one of crossEntropy, mseLoss, .*, got mse$/,
    )
    await wrong({ model: 'mlp' }).toThrow(
      'experiment: wanted model as a list of layers, such as ["Linear", 100, 10], got "mlp"',
    )
    await wrong({ model: [['Lineal', 1, 2]] }).toThrow(
      /^experiment: wanted layer as one of .*BatchNorm1d.*, got Lineal; did you mean Linear\?$/,
    )
    await wrong({ model: [['BatchNorm1d', 30, { momentum: 0.1 }, 5]] }).toThrow(
      'experiment: wanted BatchNorm1d without arguments after its options, got 5',
    )
    await wrong({ model: [['Flatten', 1, -1, 7]] }).toThrow(
      'experiment: wanted Flatten with at most 2 arguments, got 3',
    )
    await wrong({ model: [['Linear', 1, -2]] }).toThrow(
      'Linear: wanted outFeatures as a positive integer, got -2',
    )
    await wrong({ optimizer: { type: 'adma', lr: 1 } }).toThrow(
      /^optimizer: wanted type as one of sgd, adam, adamw, .*, got adma; did you mean adam\?$/,
    )
    await wrong({ optimizer: { type: 'sgd', lr: 'fast' } }).toThrow()
    await wrong({ control: {} }).toThrow('experiment: wanted control as a list of controllers, got {}')
    await wrong({ model: [['BatchNorm1d', 100, { momentum: true }]] }).toThrow(
      'BatchNorm1d: wanted momentum as a number from 0 to 1, null or a schedule, got true',
    )
    const scheduled = await parseExperiment({
      ...json,
      model: [['BatchNorm1d', 100, { momentum: 'linear 0.5 to 0.1 over 100' }]],
    })
    expect([...taskOf(scheduled).variables.keys()]).toContain('0.running_mean')
    await wrong({ model: [['Linear', 'features', 2]] }).toThrow(
      'experiment: wanted the size features after a TabularInput, got nothing; write a number',
    )
    const tabular = await parseExperiment({
      ...json,
      model: [['TabularInput'], ['Linear', 'features', 1], ['Denormalize']],
    })
    expect([...taskOf(tabular).variables].map(([, { shape }]) => shape)).toEqual([[1, 30], [1]])
    const residual = await parseExperiment({
      ...json,
      model: [
        ['Sequential', ['TabularInput'], ['ReLU']],
        ['Residual', [['Linear', 'features', 'features'], ['ReLU']]],
        ['Residual', ['Linear', 'features', 'features']],
        ['Linear', 'features', 2],
      ],
    })
    expect(taskOf(residual).parameters).toBe(30 * 31 * 2 + 31 * 2)
    await wrong({ model: [['Residual', [['Linear', 'features', 2]]], ['TabularInput']] }).toThrow(
      'experiment: wanted the size features after a TabularInput, got nothing; write a number',
    )
    expect(() => parseJson('{', 'a.json')).toThrow(/^a\.json: wanted JSON, got /)
  })
})

describe('options of the model', () => {
  const wide = () =>
    experiment({
      ...toy(),
      modelOptions: { width: 8, norm: 'batch', bias: true },
      model: ({ width, bias }) =>
        new nn.Sequential(new nn.Linear(2, width, { bias }), new nn.Linear(width, 3)),
    })

  test('are settings', () => {
    const changed = override(wide(), ['model.width=16', 'model.bias=false', 'model.norm=none'])
    expect(changed.modelOptions).toEqual({ width: 16, norm: 'none', bias: false })
    expect([taskOf(wide()).parameters, taskOf(changed).parameters]).toEqual([51, 83])
    expect(describeExperiment(changed, taskOf(changed)).modelOptions).toEqual(changed.modelOptions)
    const norms = ['5', 'null', '"5"', '{"a":1}'].map(
      (text) => override(wide(), [`model.norm=${text}`]).modelOptions?.norm,
    )
    expect(norms).toEqual(['5', 'null', '5', '{"a":1}'])
  })

  test('are refused where the model has none of that name, or of that type', () => {
    expect(() => override(wide(), ['model.widht=16'])).toThrow(
      '--set: wanted a path that is one of model.width, model.norm, model.bias, got model.widht; did you mean model.width?',
    )
    expect(() => override(wide(), ['model.width=wide'])).toThrow(
      '--set: wanted model.width as a number, like 8, got "wide"',
    )
    expect(() => withSettings(wide(), [['model.norm', 5]])).toThrow(
      '--set: wanted model.norm as a text, like "batch", got 5',
    )
    expect(() => withSettings(wide(), [['model.norm', null]])).toThrow(
      '--set: wanted model.norm as a text, like "batch", got null',
    )
    const listed = () =>
      experiment({ ...wide(), modelOptions: { width: 8, bias: true, widths: [8, 8] } } as never)
    expect(() => override(listed(), ['model.widths=16'])).toThrow(
      '--set: wanted model.widths as a list, like [8,8], got 16',
    )
    expect(override(listed(), ['model.widths=[16]']).modelOptions).toMatchObject({ widths: [16] })
    expect(() => override(toy(), ['model.width=16'])).toThrow(
      '--set: wanted a path that is a setting, got "model.width"; give the experiment modelOptions, and a model that is a function of them',
    )
    const made = { ...toy(), model: () => new nn.Linear(2, 3) }
    for (const modelOptions of [[8], { act: () => 1 }, 'wide'])
      expect(() => experiment({ ...made, modelOptions } as never)).toThrow(
        'experiment: wanted modelOptions as an object of JSON values, such as { width: 64 }, got',
      )
  })

  test('are refused in JSON, whose model is a list of layers', async () => {
    const json = {
      data: 'digits10x10',
      model: [['Linear', 100, 10]],
      loss: 'crossEntropy',
      batchSize: 64,
      epochs: 1,
    }
    const wrong = { ...json, optimizer: { type: 'sgd', lr: 1 }, modelOptions: { a: 1 } }
    await expect(parseExperiment(wrong)).rejects.toThrow(
      'experiment: wanted no modelOptions beside a list of layers, got {"a":1}',
    )
  })
})
