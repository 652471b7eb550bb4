import type { TextUnit } from './encoding.ts'

/** Lengths of the runs of characters that are hashed. */
const [shortest, longest] = [3, 5]

/**
 * Counts the parts of a text in `buckets` numbers of `out`, from index `at` on: the words, in lower case, or all runs
 * of 3 to 5 characters of a word with a blank before and after it. A part that occurs n times counts 1 + ln n; the
 * numbers are then scaled to a mean square of 1, or are all 0 if there are no parts.
 *
 * A part's bucket is its 32-bit FNV-1a hash over UTF-16 code units, mixed as by MurmurHash3, modulo `buckets`.
 * Source: Weinberger et al. 2009, *Feature hashing for large scale multitask learning*.
 */
export function hashText(text: string, by: TextUnit, buckets: number, out: Float32Array, at: number): void {
  const hashWord = by === 'words' ? hashWhole : hashRuns
  const lower = text.toLowerCase()
  let start = -1
  for (let i = 0; i <= lower.length; i++) {
    if (i < lower.length && isWordUnit(lower.charCodeAt(i))) {
      if (start < 0) start = i
    } else if (start >= 0) {
      hashWord(lower, start, i, buckets, out, at)
      start = -1
    }
  }
  scale(out, at, at + buckets)
}

function scale(out: Float32Array, from: number, to: number): void {
  let sum = 0
  for (let i = from; i < to; i++) {
    const n = out[i]!
    if (n === 0) continue
    const value = n === 1 ? 1 : 1 + Math.log(n)
    out[i] = value
    sum += value * value
  }
  if (sum === 0) return
  const factor = Math.sqrt((to - from) / sum)
  for (let i = from; i < to; i++) if (out[i] !== 0) out[i]! *= factor
}

const offset = 0x811c9dc5 | 0
const prime = 0x01000193

/** Returns the bucket of an FNV-1a hash, whose low bits are mixed with the high ones first. */
function bucketOf(hash: number, buckets: number): number {
  let h = hash ^ (hash >>> 16)
  h = Math.imul(h, 0x85ebca6b)
  h ^= h >>> 13
  h = Math.imul(h, 0xc2b2ae35)
  h ^= h >>> 16
  return (h >>> 0) % buckets
}

type HashWord = (
  text: string,
  from: number,
  to: number,
  buckets: number,
  out: Float32Array,
  at: number,
) => void

const hashWhole: HashWord = (text, from, to, buckets, out, at) => {
  let hash = offset
  for (let i = from; i < to; i++) hash = Math.imul(hash ^ text.charCodeAt(i), prime)
  out[at + bucketOf(hash, buckets)]!++
}

const blank = 32

const hashRuns: HashWord = (text, from, to, buckets, out, at) => {
  for (let first = from - 1; first <= to + 1 - shortest; first++) {
    let hash = offset
    const last = Math.min(first + longest, to + 1)
    for (let i = first; i < last; i++) {
      hash = Math.imul(hash ^ (i < from || i >= to ? blank : text.charCodeAt(i)), prime)
      if (i - first + 1 >= shortest) out[at + bucketOf(hash, buckets)]!++
    }
  }
}

/** For each UTF-16 code unit that was seen, 1 if it is part of a word, otherwise 2. */
const known = new Uint8Array(1 << 16)

/** Whether a UTF-16 code unit is part of a word: a letter, mark or digit, or half of a character beyond U+FFFF. */
function isWordUnit(unit: number): boolean {
  if (known[unit] === 0) known[unit] = /[\p{L}\p{M}\p{N}\p{Cs}]/u.test(String.fromCharCode(unit)) ? 1 : 2
  return known[unit] === 1
}
