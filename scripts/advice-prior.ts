// How well does what `advise` expects before the first trial (src/study/advise/prior.ts) explain the runs of the atlas?
// Prints, for each cell, the logarithm of the probability density of its runs' validation losses, a run.
// Run it with: npx jiti scripts/advice-prior.ts
import { readdirSync, readFileSync } from 'node:fs'
import { Belief } from '../src/study/advise/belief.ts'
import type { Observed } from '../src/study/advise/contender.ts'

const folder = new URL('../studies/results/atlas/', import.meta.url)
const adamw = /attention/
/** Validation examples of a cell are at least 300. */
const usualNoise = 0.06

interface Stored {
  readonly diverged: boolean
  readonly validationLoss?: number
}

let total = 0
for (const file of readdirSync(folder)) {
  const { cell, steps, runs } = JSON.parse(readFileSync(new URL(file, folder), 'utf8')) as {
    readonly cell: string
    readonly steps: number
    readonly runs: Readonly<Record<string, Stored>>
  }
  const usual = Math.log10(adamw.test(cell) ? 0.005 : 0.1)
  const all = Object.entries(runs).map(([key, { validationLoss }]) => {
    const [normalization = '', schedule = '', lr, length, , seed] = key.split(' ')
    const kind = {
      kind: normalization,
      normalization,
      schedule,
      decay: '',
      settings: {},
      isOwn: false,
      isCoarse: true,
    }
    const candidate = { ...kind, rate: Math.log10(Number(lr)) - usual }
    const value = Math.log(validationLoss ?? Number.POSITIVE_INFINITY)
    return { candidate, isShort: Number(length) < steps, seed: Number(seed), value }
  })
  const least = (one: Observed): number =>
    Math.min(
      ...all.filter((run) => run.isShort === one.isShort && run.seed === one.seed).map(({ value }) => value),
    )
  const observed = all.map((one): Observed => ({ ...one, value: Math.min(one.value, least(one) + 1.5) }))
  const { evidence } = new Belief(observed, usualNoise)
  total += evidence / observed.length
  console.log(`${cell.padEnd(24)} ${observed.length} runs  ${(evidence / observed.length).toFixed(3)}`)
}
console.log(`sum ${total.toFixed(3)}`)
