import { expect, test } from 'vitest'
import * as evenstep from '../src/index.ts'

// Calls that types forbid, but JavaScript makes: every public function and class says what it wanted.

const wrong: readonly (readonly unknown[])[] = [
  [],
  [null],
  [3],
  ['text'],
  [{}],
  [[]],
  [null, null],
  [3, 3],
  [{}, {}],
  [null, null, null],
]

/** All public functions and classes, by their path from the package. */
function* callables(prefix: string, object: object): Generator<readonly [name: string, value: object]> {
  for (const [name, value] of Object.entries(object)) {
    const isNamespace = prefix === '' || ['init', 'metrics'].includes(name)
    if (typeof value === 'function') yield [`${prefix}${name}`, value]
    else if (typeof value === 'object' && value !== null && isNamespace) {
      yield* callables(`${prefix}${name}.`, value)
    }
  }
}

/** Returns what a call throws; of an iterator, what its first value does. */
async function thrownBy(callable: object, args: readonly unknown[]): Promise<unknown> {
  const isClass = /^class\b/.test(Function.prototype.toString.call(callable))
  try {
    const value: unknown = isClass
      ? Reflect.construct(callable as new () => object, [...args])
      : await (callable as (...args: readonly unknown[]) => unknown)(...args)
    const { next } = Object(value) as { readonly next?: unknown }
    if (typeof next === 'function') await next.call(value)
    return undefined
  } catch (error) {
    return error
  }
}

test('every public function says what it wanted, whatever it is given', async () => {
  const raw: string[] = []
  for (const [name, callable] of callables('', evenstep)) {
    for (const args of wrong) {
      const error = await thrownBy(callable, args)
      if (error === undefined || error instanceof evenstep.EvenstepError) continue
      raw.push(`${name}(${JSON.stringify(args).slice(1, -1)}): ${error}`)
    }
  }
  expect(raw).toEqual([])
})

test('functions without options refuse them', () => {
  const { data } = evenstep
  const set = data.dataset({ x: [1, 2], y: [0, 1] })
  const call =
    (f: unknown, ...args: readonly unknown[]) =>
    () =>
      (f as (...args: readonly unknown[]) => unknown)(...args)
  expect(call(data.oneHot, set, { classes: 5 })).toThrow('oneHot: wanted no options, got classes')
  expect(call(data.oneHot, set, 5)).toThrow('oneHot: wanted no more arguments, got 5')
  expect(call(data.classWeights, set, { balanced: true })).toThrow(
    'classWeights: wanted no options, got balanced',
  )
  expect(call(data.names, { count: 5 })).toThrow('names: wanted no options, got count')
  expect(call(data.breastCancer, { normalize: true })).toThrow(
    'breastCancer: wanted no options, got normalize',
  )
})
