import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import * as s from '../../src/schedule/index.ts'
import { rows } from './rows.ts'

test('every type of schedule has a row', () => {
  const covered = new Set(Object.values(rows).map(({ make }) => make().spec.type))
  expect([...covered].sort()).toEqual(s.kinds.map(({ type }) => type).sort())
})

describe.each(Object.entries(rows))('%s', (_, { make, last, negative, near }) => {
  const far = near === undefined ? 1e9 : 5000
  const steps = fc.oneof(fc.nat(300), fc.nat(far))

  test('is a finite number at 0, 1, last, last + 1 and far out', () => {
    for (const step of [0, 1, last ?? 100, (last ?? 100) + 1, far])
      expect(make()(step)).toSatisfy(Number.isFinite)
  })

  test('is a finite number at any step, and not negative', () => {
    const schedule = make()
    fc.assert(
      fc.property(steps, (step) => {
        const value = schedule(step)
        return Number.isFinite(value) && (negative !== undefined || value >= 0)
      }),
    )
  })

  test('is the same in any order: resuming is calling with a larger step', () => {
    const schedule = make()
    const straight = s.values(make(), 300)
    fc.assert(
      fc.property(fc.nat(299), (step) => schedule(step) === straight[step]),
      { numRuns: 50 },
    )
  })

  if (last !== undefined) {
    test('keeps its last value after the end', () => {
      const schedule = make()
      fc.assert(
        fc.property(fc.nat(1e9), (more) => schedule(last + more) === schedule(last)),
        { numRuns: 20 },
      )
    })
  }

  test('comes back from its spec, from JSON and from text', () => {
    const schedule = make()
    const json = JSON.stringify(schedule.spec)
    const text = s.format(schedule)
    for (const copy of [s.parse(schedule.spec), s.parse(json), s.parse(text)]) {
      expect(copy.spec).toEqual(schedule.spec)
      expect(JSON.stringify(copy.spec)).toBe(json)
      expect(s.values(copy, 300)).toEqual(s.values(schedule, 300))
    }
    expect(s.format(s.parse(text))).toBe(text)
  })

  test('refuses a field that it does not have, and a missing one', () => {
    const spec = make().spec
    expect(() => s.parse({ ...spec, nonsense: 1 })).toThrow(
      /^schedule\.\w+: wanted (one of .*|no options), got nonsense/,
    )
    const kind = s.kinds.find(({ type }) => type === spec.type)!
    const { [kind.first]: _, ...rest } = spec
    expect(() => s.parse(rest)).toThrow(
      new RegExp(`^schedule\\.${spec.type}: wanted ${kind.first} as .*, got nothing`),
    )
  })

  test('refuses NaN, text and infinity in each numeric field', () => {
    const { type } = make().spec
    const { fields } = s.kinds.find((kind) => kind.type === type)!
    const isNumeric = ({ type }: { type?: unknown }) => type === 'number' || type === 'integer'
    const numeric = Object.keys(fields).filter((name) => {
      const { json = {} } = fields[name]!
      return [json, json.anyOf ?? []].flat().some(isNumeric)
    })
    for (const name of numeric) {
      for (const bad of [NaN, Infinity, '1', null, true, [1]]) {
        expect(() => s.parse({ ...make().spec, [name]: bad })).toThrow(
          `schedule.${type}: wanted ${name} as a`,
        )
      }
    }
  })
})
