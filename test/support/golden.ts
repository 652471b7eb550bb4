import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'

/** The golden numbers in `test/golden/NAME.json.gz`, made by `scripts/golden-NAME.py`. */
export function golden<T>(name: string): T {
  const file = readFileSync(new URL(`../golden/${name}.json.gz`, import.meta.url))
  return JSON.parse(gunzipSync(file).toString())
}

/** The greatest difference between two lists, relative to the greatest number of the second. */
export function difference(actual: ArrayLike<number | bigint>, wanted: ArrayLike<number>): number {
  if (actual.length !== wanted.length) return Number.POSITIVE_INFINITY
  let scale = Number.MIN_VALUE
  let worst = 0
  for (let i = 0; i < wanted.length; i++) {
    scale = Math.max(scale, Math.abs(wanted[i]!))
    const gap = Math.abs(Number(actual[i]) - wanted[i]!)
    worst = Number.isNaN(gap) ? Number.POSITIVE_INFINITY : Math.max(worst, gap)
  }
  return worst / scale
}
