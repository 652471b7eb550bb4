import { describe, expect, test } from 'vitest'
import { hashText } from './hash.ts'

// Buckets of 1000 by a Python program whose FNV-1a of "foobar" is the published 0xbf9cf968, and whose mixing of 1
// is MurmurHash3's 0x514e28b7.
const bucketsOf: Readonly<Record<string, number>> = {
  foobar: 276,
  hello: 270,
  world: 825,
  größe: 87,
  ' ab': 858,
  ' abc': 866,
  ' abc ': 970,
  abc: 588,
  'abc ': 339,
  'bc ': 564,
  'ab ': 633,
}

/** Returns the buckets that are not 0, and their numbers. */
function hashed(text: string, by: 'words' | 'characters', buckets = 1000): Map<number, number> {
  const out = new Float32Array(buckets + 2)
  hashText(text, by, buckets, out, 1)
  expect([out[0], out.at(-1)]).toEqual([0, 0])
  return new Map(Array.from(out, (value, i) => [i - 1, value] as const).filter(([, value]) => value !== 0))
}

const places = (...parts: readonly string[]): number[] =>
  parts.map((part) => bucketsOf[part]!).sort((a, b) => a - b)

describe('a text is counted', () => {
  test('by words, whatever their case and what separates them', () => {
    for (const text of ['foobar hello', '"Hello", FOOBAR!', 'hello\n\tfoobar…'])
      expect([...hashed(text, 'words').keys()]).toEqual(places('foobar', 'hello'))
    expect([...hashed('GRÖßE', 'words').keys()]).toEqual(places('größe'))
  })

  test('by runs of 3 to 5 characters of a word between blanks', () => {
    const runs = places(' ab', ' abc', ' abc ', 'abc', 'abc ', 'bc ')
    expect([...hashed('Abc', 'characters').keys()]).toEqual(runs)
    expect([...hashed('ab', 'characters').keys()]).toEqual(
      [...new Set([...hashed(' ab ', 'characters').keys()])].sort((a, b) => a - b),
    )
    expect([...hashed('a', 'characters').keys()]).toHaveLength(1)
  })

  test('with a mean square of 1, where a part that occurs n times weighs 1 + ln n', () => {
    const found = hashed('hello world world', 'words')
    const [hello, world] = [found.get(bucketsOf.hello!)!, found.get(bucketsOf.world!)!]
    expect(world / hello).toBeCloseTo(1 + Math.log(2), 5)
    expect(hello ** 2 + world ** 2).toBeCloseTo(1000, 1)
  })

  test('as nothing if it has no part, and however long it is', () => {
    expect(hashed('?! …', 'words').size).toBe(0)
    expect(hashed('', 'characters').size).toBe(0)
    const long = hashed('hello '.repeat(10_000), 'words')
    expect([...long.keys()]).toEqual([bucketsOf.hello])
    expect(long.get(bucketsOf.hello!)).toBeCloseTo(Math.sqrt(1000), 4)
  })

  test('beyond U+FFFF, too', () => {
    expect(hashed('😀 hello', 'words').size).toBe(2)
  })
})
