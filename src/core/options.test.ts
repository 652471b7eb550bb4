import { describe, expect, expectTypeOf, test } from 'vitest'
import {
  boolean,
  callback,
  choice,
  custom,
  integer,
  list,
  nested,
  number,
  type OptionsOf,
  readOptions,
  required,
  scheduled,
  size,
  text,
  type ValuesOf,
} from './options.ts'

const declared = {
  /** Learning rate. */
  lr: required(number({ above: 0 })),
  momentum: number({ min: 0, below: 1 }, 0.9),
  steps: integer({ min: 1 }),
  mode: choice(['rel', 'abs'], 'rel'),
  nesterov: boolean(false),
  sizes: list(size),
  name: text(),
  loss: callback<(x: number) => number>('a function of a number'),
  decay: scheduled(number({ min: 0 }, 0)),
  renorm: nested({ rMax: number({ min: 1 }, 3) }),
  weight: custom<Float32Array>('a Float32Array', (value) => value instanceof Float32Array),
}
const read = (given: unknown): ValuesOf<typeof declared> => readOptions('sgd', declared, given)

describe('options', () => {
  test('have the type that their declaration says', () => {
    type Options = OptionsOf<typeof declared>
    expectTypeOf<Options['lr']>().toEqualTypeOf<number>()
    expectTypeOf<Options['mode']>().toEqualTypeOf<'rel' | 'abs' | undefined>()
    expectTypeOf<Options['sizes']>().toEqualTypeOf<readonly number[] | undefined>()
    expectTypeOf<ReturnType<typeof read>['momentum']>().toEqualTypeOf<number>()
    expectTypeOf<ReturnType<typeof read>['steps']>().toEqualTypeOf<number | undefined>()
    expectTypeOf<ReturnType<typeof read>['lr']>().toEqualTypeOf<number>()
    expectTypeOf<object>().not.toExtend<Options>() // lr must be given
  })

  test('have their defaults where they are left out', () => {
    expect(read({ lr: 0.1, momentum: undefined, renorm: {} })).toEqual({
      lr: 0.1,
      momentum: 0.9,
      steps: undefined,
      mode: 'rel',
      nesterov: false,
      decay: 0,
      renorm: { rMax: 3 },
    })
  })

  test('may follow a schedule where they say so', () => {
    const half = (step: number): number => step / 2
    expect(read({ lr: 1, decay: half }).decay).toBe(half)
  })

  test.each([
    [{ lr: 0.1, momentun: 0.5 }, 'got momentun; did you mean momentum?'],
    [{}, 'sgd: wanted lr as a number > 0, got nothing'],
    [{ lr: 0 }, 'sgd: wanted lr as a number > 0, got 0'],
    [{ lr: '0.1' }, 'sgd: wanted lr as a number > 0, got "0.1"; write 0.1 without quotes'],
    [{ lr: Number.NaN }, 'sgd: wanted lr as a number > 0, got NaN'],
    [{ lr: 1, momentum: 1 }, 'sgd: wanted momentum as a number ≥ 0 and < 1, got 1'],
    [{ lr: 1, steps: 1.5 }, 'sgd: wanted steps as a positive integer, got 1.5'],
    [{ lr: 1, mode: 'up' }, "sgd: wanted mode as 'rel' or 'abs', got \"up\""],
    [{ lr: 1, nesterov: 1 }, 'sgd: wanted nesterov as true or false, got 1'],
    [{ lr: 1, sizes: [2, 0] }, 'sgd: wanted sizes[1] as a positive integer, got 0'],
    [{ lr: 1, sizes: 2 }, 'sgd: wanted sizes as a list, each a positive integer, got 2'],
    [{ lr: 1, name: '' }, 'sgd: wanted name as a text, got ""'],
    [{ lr: 1, loss: 1 }, 'sgd: wanted loss as a function of a number, got 1'],
    [{ lr: 1, renorm: { rMax: 0 } }, 'sgd: renorm: wanted rMax as a number ≥ 1, got 0'],
    [{ lr: 1, decay: -1 }, 'sgd: wanted decay as a number ≥ 0 or a schedule, got -1'],
    [{ lr: 1, decay: '0' }, 'sgd: wanted decay as a number ≥ 0 or a schedule, got "0"'],
    [{ lr: 1, weight: [1] }, 'sgd: wanted weight as a Float32Array, got [1]'],
    ['fast', 'got "fast"'],
  ])('%j is refused', (given, message) => {
    expect(() => read(given)).toThrow(message)
  })
})
