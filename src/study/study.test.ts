import { describe, expect, test } from 'vitest'
import { toy } from '../../test/support/toy.ts'
import { ArgumentError } from '../core/errors.ts'
import { sgd } from '../optim/index.ts'
import { cosineAnnealing } from '../schedule/index.ts'
import { settingText } from '../train/spec.ts'
import { overrideForStudy, prepare } from './run/prepared.ts'
import { define, parseStudy, type StudyOptions } from './study.ts'

const options: StudyOptions = { experiment: toy(), factors: { lr: [0.1, 1] } }

/** Returns the message of the error that `define` throws for valid options with these changes. */
const refusal = (changes: object): string => {
  try {
    define({ ...options, ...changes })
  } catch (error) {
    return (error as Error).message
  }
  return 'nothing was refused'
}

const aName =
  'the name of a folder: at most 100 bytes, no slash or control character, no dot or space at its ends'

describe('a study is checked', () => {
  test('and gets its defaults', () => {
    expect(define(options)).toMatchObject({ design: { type: 'grid' }, seeds: 3, watch: false })
  })

  test.each<[object, string]>([
    [
      { factor: {} },
      'study: wanted one of name, experiment, factors, schedules, design, seeds, steps, metric, watch, got factor; did you mean factors?',
    ],
    [{ name: 'a/b' }, `study: wanted name as ${aName}, got "a/b"`],
    [{ name: '..' }, `study: wanted name as ${aName}, got ".."`],
    [
      { experiment: 3 },
      'study: wanted experiment as train.experiment({ … }), or the path of its file, got 3',
    ],
    [{ factors: undefined }, 'study: wanted factors as an object such as { lr: [0.1, 1] }, got nothing'],
    [{ factors: {} }, 'study: wanted one factor or more, got {}'],
    [{ factors: { lr: [] } }, 'study: wanted factors.lr as 1 or more values, got []'],
    [{ factors: { lr: [0.1, -1] } }, 'study: wanted factors.lr as numbers above 0, got -1'],
    [{ factors: { lr: [0.1, 0.1] } }, 'study: wanted factors.lr as values that differ, got [0.1,0.1]'],
    [{ factors: { lr: 0.1 } }, 'study: wanted factors.lr as a list of values, or { from, to }, got 0.1'],
    [{ factors: { lr: { from: 1, to: 0.1 } } }, 'study: factors.lr: wanted from below to, got [1,0.1]'],
    [{ factors: { lr: { from: 0, to: 0.1 } } }, 'study: factors.lr: wanted from above 0, got 0'],
    [{ factors: { lr: { from: 0.1 } } }, 'study: factors.lr: wanted to as a finite number, got nothing'],
    [
      { factors: { lr: { from: 0.1, to: 1, count: 1 } } },
      'study: factors.lr: wanted count as an integer ≥ 2, got 1',
    ],
    [
      { factors: { lr: { from: 0.1, to: 1, scale: 'ln' } } },
      "study: factors.lr: wanted scale as 'linear' or 'log', got \"ln\"",
    ],
    [
      { factors: { lr: { from: 0.1, to: 1, size: 3 } } },
      'study: factors.lr: wanted one of from, to, scale, count, step, integer, got size',
    ],
    [{ factors: { lr: { from: 0.1, to: 1 } } }, 'study: wanted factors.lr.count for a grid, got nothing'],
    [{ factors: { schedule: [0.1] } }, 'study: wanted factors.schedule as names or templates, got 0.1'],
    [
      { factors: { schedule: 'cosine' } },
      'study: wanted factors.schedule as a list of names or templates, got "cosine"',
    ],
    [{ factors: { seed: [1] } }, 'study: wanted no factor seed, got one; use seeds'],
    [{ factors: { epochs: [1] } }, "study: wanted no factor epochs, got one; use the study's steps"],
    [{ factors: { a: [Number.NaN] } }, 'study: wanted factors.a as values of JSON, got NaN'],
    [
      { factors: { lr: [1], 'optimizer.lr': [1] } },
      'study: wanted factors.optimizer.lr alone, or factors.lr and factors.schedule, got ["lr","optimizer.lr"]',
    ],
    [{ seeds: 0 }, 'study: wanted seeds as a positive integer, got 0'],
    [{ steps: 0.5 }, 'study: wanted steps as a positive integer, got 0.5'],
    [{ watch: 1 }, 'study: wanted watch as true or false, got 1'],
    [{ design: { type: 'tpe' } }, 'study: design: wanted trials as a positive integer, got nothing'],
    [
      { design: { type: 'best' } },
      "study: wanted design.type as 'grid', 'random', 'halton', 'tpe' or 'racing', got \"best\"",
    ],
    [
      { design: { type: 'racing', rounds: 3 } },
      'study: design: wanted one of type, eta, rungs, candidates, got rounds; did you mean rungs?',
    ],
    [
      { design: { type: 'random', trials: 4 } },
      'study: wanted design.trials as a multiple of the 3 seeds, got 4; use 3',
    ],
    [
      { design: { type: 'random', trials: 9 } },
      'study: wanted design.trials up to 6, all combinations with all seeds, got 9',
    ],
    [
      { design: { type: 'racing', candidates: 3 } },
      'study: wanted design.candidates up to 2, the number of combinations, got 3',
    ],
    [
      { factors: { lr: { from: 0.1, to: 1 } }, design: { type: 'racing' } },
      'study: wanted design.candidates where a factor is a range without a count, got nothing',
    ],
  ])('%j', (changes, message) => expect(refusal(changes)).toBe(message))

  test('when it is no object', () => {
    expect(() => define(3 as never)).toThrow('study: wanted an object, got 3; export study.define({ … })')
  })
})

describe('JSON', () => {
  const experiment = {
    data: 'digits10x10',
    model: [['Linear', 100, 10]],
    loss: 'crossEntropy',
    optimizer: { type: 'sgd', lr: 0.1 },
    batchSize: 64,
    epochs: 1,
  }

  test('says a study with an experiment, or the path of one', async () => {
    const parsed = (value: unknown) => parseStudy({ experiment: value, factors: { lr: [1] } }, '.')
    expect((await parsed('digits.ts')).experiment).toBe('digits.ts')
    expect((await parsed(experiment)).experiment).toMatchObject({ batchSize: 64 })
  })

  test('is refused when it says something else', async () => {
    await expect(parseStudy([], '.')).rejects.toThrow('study: wanted a JSON object, got []')
  })
})

describe('a study is checked against its experiment', () => {
  const refused = (changes: object, experiment = toy()): string => {
    try {
      prepare(define({ ...options, experiment, ...changes }), experiment, 'toy')
    } catch (error) {
      return (error as Error).message
    }
    return 'nothing was refused'
  }

  test.each<[object, string]>([
    [
      { factors: { normalization: ['batch', 'bacth'] } },
      'normalization: wanted type as one of none, batch, ghost, layer, group, instance, dyt, derf, got bacth; did you mean batch?',
    ],
    [{ factors: { batchSize: [8, 0] } }, 'experiment: wanted batchSize as a positive integer, got 0'],
    [
      { factors: { 'model.width': [8] } },
      /^--set: wanted a path that is a setting, got "model.width"; give /.source,
    ],
    [
      { factors: { schedule: ['constant', 'cosin'], lr: [1] } },
      /^study: wanted schedule as a template or one of constant, .*, got cosin; did you mean cosine\?$/
        .source,
    ],
    [
      { factors: { schedule: ['cosine'] } },
      'study: wanted factors.lr for schedule cosine, got nothing; name the rates',
    ],
    [
      { metric: 'validationLos' },
      'study: wanted metric as one of trainLoss, validationLoss, validationAccuracy, got validationLos; did you mean validationLoss?',
    ],
    [
      { factors: { schedule: ['constant'], lr: [1] }, design: { type: 'racing', rungs: 6 } },
      'study: wanted 243 steps or more for a race of 6 rounds, got 24',
    ],
  ])('%j', (changes, message) => {
    const got = refused(changes)
    if (message.startsWith('^')) expect(got).toMatch(new RegExp(message))
    else expect(got).toBe(message)
  })

  test('whose own schedule no other rate fits', () => {
    const own = toy({ optimizer: sgd({ lr: cosineAnnealing(0.1, { tMax: 24 }) }) })
    expect(refused({}, own)).toBe(
      "study: wanted factors.schedule beside factors.lr, got nothing; name some, such as ['constant', 'cosine']: " +
        "the experiment's own fits no other rate",
    )
    expect(refused({ factors: { batchSize: [8] }, design: { type: 'racing' } }, own)).toBe(
      "study: wanted factors.schedule for a race where the experiment's own rate is a schedule, got nothing",
    )
    const relative = toy({ optimizer: sgd({ lr: 'cosine 0.1 to 0' }) })
    expect(refused({ factors: { batchSize: [8] }, design: { type: 'racing' } }, relative)).toBe(
      'nothing was refused',
    )
  })
})

describe('a setting besides', () => {
  const setting = (changes: object, ...settings: string[]) =>
    overrideForStudy(define({ ...options, ...changes }), toy(), settings)
  const open = 'study: wanted a setting that the study leaves open, got'

  test.each<[object, string, string]>([
    [{ steps: 40 }, 'steps=500', `${open} steps=500; change the study's steps`],
    [{ steps: 40 }, 'epochs=5', `${open} epochs=5; change the study's steps`],
    [{ metric: 'trainLoss' }, 'monitor=trainLoss', `${open} monitor=trainLoss; change the study's metric`],
    [{}, 'optimizer.lr=3', `${open} optimizer.lr=3; change the study's factors.lr`],
    [
      { factors: { schedule: ['cosine'] } },
      'optimizer.lr=3',
      `${open} optimizer.lr=3; change the study's factors.schedule`,
    ],
    [
      { factors: { batchSize: [8] } },
      'batchSize=9',
      `${open} batchSize=9; change the study's factors.batchSize`,
    ],
    [
      { factors: { optimizer: [{ type: 'sgd', lr: 1 }] } },
      'optimizer.momentum=0.5',
      `${open} optimizer.momentum=0.5; change the study's factors.optimizer`,
    ],
    [
      { watch: true },
      'log={"batchNorm":false}',
      'study: wanted log with batchNorm, got {"batchNorm":false}; change the study\'s watch',
    ],
  ])('of %j is refused: %s', (changes, setting_, message) => {
    expect(() => setting(changes, 'nonFinite=skip', setting_)).toThrow(new ArgumentError(message))
  })

  test('that the study leaves open is one of every trial', () => {
    expect(setting({}, 'seed=5', 'epochs=7', 'batchSize=16')).toMatchObject({
      seed: 5,
      epochs: 7,
      batchSize: 16,
    })
    expect(setting({ watch: true }, 'log={"gradientNorm":true}').log).toEqual({ gradientNorm: true })
    const seeds = define({ ...options, seeds: 2 })
    expect(prepare(seeds, overrideForStudy(seeds, toy(), ['seed=5']), 'toy').space.seeds).toEqual([5, 6])
  })
})

describe('a trial is settings', () => {
  const settings = (changes: Partial<StudyOptions>, own: object, steps = 24): string[] => {
    const study = define({ ...options, ...changes })
    return prepare(study, toy(), 'toy')
      .settingsOf({ settings: own as never, seed: 4, steps })
      .map(settingText)
  }

  test('of a schedule, not a number, for the rate', () => {
    expect(settings({}, { lr: 0.1 })).toEqual([
      'optimizer.lr={"type":"constant","value":0.1}',
      'seed=4',
      'epochs=2',
      'steps=24',
      'threads=1',
    ])
    const both = { schedule: ['constant', 'warmup {5%} + linear {lr} to 0 over {95%}'], lr: [0.5] }
    expect(settings({ factors: both }, { schedule: both.schedule[1], lr: 0.5 }, 100)[0]).toBe(
      'optimizer.lr=warmup 5 + linear 0.5 to 0 over 95',
    )
    expect(settings({ factors: both }, { schedule: 'constant', lr: 0.5 })[0]).toBe(
      'optimizer.lr={"type":"constant","value":0.5}',
    )
    expect(settings({ factors: { 'optimizer.lr': [0.5] } }, { 'optimizer.lr': 0.5 })[0]).toBe(
      'optimizer.lr={"type":"constant","value":0.5}',
    )
  })

  test('that say what is watched and what it is judged by', () => {
    const told = settings({ watch: true, metric: 'validationAccuracy' }, { lr: 0.1 })
    expect(told).toContain('log={"batchNorm":true}')
    expect(told).toContain('monitor=validationAccuracy')
  })

  test('whose steps follow the size of its batches, unless the study says them', () => {
    const factors = { batchSize: [8, 25] }
    const { space } = prepare(define({ ...options, factors }), toy(), 'toy')
    expect([space.stepsOf({ batchSize: 8 }), space.stepsOf({ batchSize: 25 })]).toEqual([24, 8])
    expect(settings({ factors }, { batchSize: 25 }, 8)).toContain('epochs=2')
    const fixed = prepare(define({ ...options, factors, steps: 50 }), toy(), 'toy')
    expect(fixed.space.stepsOf({ batchSize: 25 })).toBe(50)
    expect(fixed.settingsOf({ settings: { batchSize: 25 }, seed: 0, steps: 50 })).toContainEqual([
      'epochs',
      13,
    ])
  })
})
