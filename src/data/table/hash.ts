import type { TextUnit } from './encoding.ts'

/** Lengths of the runs of characters that are hashed. */
const [shortest, longest] = [3, 5]

/**
 * Counts the parts of a text in `buckets` numbers of `out`, from index `at` on: the words, in lower case, or all runs
 * of 3 to 5 characters of a word with a blank before and after it. A part that occurs n times counts 1 + ln n; the
 * numbers are then scaled to a mean square of 1, or are all 0 if there are no parts.
 *
 * A word is a run of letters, marks and digits. A part's bucket is its 32-bit FNV-1a hash over UTF-16 code units, mixed
 * as by MurmurHash3, modulo `buckets`.
 * Source: Weinberger et al. 2009, *Feature hashing for large scale multitask learning*.
 *
 * @param out numbers that are 0 where the buckets are
 */
export function hashText(text: string, by: TextUnit, buckets: number, out: Float32Array, at: number): void {
  const most = text.length * (1 + longest - shortest)
  if (hashes.length < most) hashes = new Int32Array(2 * most)
  folded ??= foldedUnits()
  const parts = by === 'words' ? hashWords(text, folded, hashes) : hashRuns(text, folded, hashes)
  let different = 0
  for (let i = 0; i < parts; i++) {
    const place = at + (mixed(hashes[i]!) % buckets)
    if (out[place]! === 0) hashes[different++] = place
    out[place]!++
  }
  let sum = 0
  for (let i = 0; i < different; i++) {
    const n = out[hashes[i]!]!
    const value = n === 1 ? 1 : 1 + Math.log(n)
    out[hashes[i]!] = value
    sum += value * value
  }
  const factor = Math.sqrt(buckets / sum)
  for (let i = 0; i < different; i++) out[hashes[i]!]! *= factor
}

/** Hashes of the parts of a text, later the indices of their buckets; reused for each text. */
let hashes = new Int32Array(4096)

const offset = 0x811c9dc5 | 0
const prime = 0x01000193

/** Mixes the bits of a hash, so that its remainder depends on all of them. */
function mixed(hash: number): number {
  let h = hash ^ (hash >>> 16)
  h = Math.imul(h, 0x85ebca6b)
  h ^= h >>> 13
  h = Math.imul(h, 0xc2b2ae35)
  return (h ^ (h >>> 16)) >>> 0
}

/** Writes the hashes of a text's words to `hashes`; returns their number. */
function hashWords(text: string, folded: Uint16Array, hashes: Int32Array): number {
  let parts = 0
  let hash = offset
  for (let i = 0; i < text.length; i++) {
    const unit = folded[text.charCodeAt(i)]!
    if (unit !== apart) hash = Math.imul(hash ^ unit, prime)
    else if (hash !== offset) {
      hashes[parts++] = hash
      hash = offset
    }
  }
  if (hash !== offset) hashes[parts++] = hash
  return parts
}

/** Writes the hashes of the runs of characters of a text's words to `hashes`; returns their number. */
function hashRuns(text: string, folded: Uint16Array, hashes: Int32Array): number {
  let parts = 0
  let word = [blank]
  for (let i = 0; i <= text.length; i++) {
    const unit = i < text.length ? folded[text.charCodeAt(i)]! : apart
    if (unit !== apart) {
      word.push(unit)
      continue
    }
    if (word.length > 1) parts = hashWordRuns([...word, blank], hashes, parts)
    word = [blank]
  }
  return parts
}

/** Hashes the runs of one word, given as code units between two blanks. */
function hashWordRuns(word: ArrayLike<number>, hashes: Int32Array, parts: number): number {
  let next = parts
  for (let first = 0; first <= word.length - shortest; first++) {
    let hash = offset
    const last = Math.min(first + longest, word.length)
    for (let i = first; i < last; i++) {
      hash = Math.imul(hash ^ word[i]!, prime)
      if (i - first + 1 >= shortest) hashes[next++] = hash
    }
  }
  return next
}

const blank = 32

/** Stands for a UTF-16 code unit that is not part of a word. */
const apart = 0xffff

/** For each UTF-16 code unit, the unit in lower case if it is part of a word, otherwise `apart`. Made on first use. */
let folded: Uint16Array | undefined

const foldedUnits = (): Uint16Array =>
  Uint16Array.from({ length: 1 << 16 }, (_, unit) => {
    const character = String.fromCharCode(unit)
    // Characters beyond U+FFFF, halves of which are surrogates, count as letters without a case.
    if (!/[\p{L}\p{M}\p{N}\p{Cs}]/u.test(character)) return apart
    const lower = character.toLowerCase()
    return lower.length === 1 ? lower.charCodeAt(0) : unit
  })
