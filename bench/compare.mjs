// Compares the ratios of two benchmark results: `node bench/compare.mjs NEW.json [KEPT.json] [--slack 0.1]`. Exits with 1
// if Evenstep lost more than the slack against a peer. Ratios of one run are compared, never times of two runs: these
// depend on the machine and on what else it does.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { ratioOf } from './statistics.mjs'
import { bestOf } from './table.mjs'

const kept = join(import.meta.dirname, 'results', 'latest.json')
const peers = ['PyTorch', 'jax-js', 'TensorFlow.js']

/** Each peer's time divided by Evenstep's, with its interval, by workload and peer. */
function ratios({ workloads }) {
  const found = new Map()
  for (const { name, times } of workloads)
    for (const peer of peers) {
      const theirs = bestOf(times, peer)
      if (theirs && times.Evenstep)
        found.set(`${name}: ${peer}`, ratioOf(theirs.rounds, times.Evenstep.rounds))
    }
  return found
}

/**
 * Lists the ratios that both results have: key, ratio before, ratio now, and whether it fell: by more than the slack, and
 * to an interval that lies below the ratio before.
 */
export function compared(before, now, slack) {
  const past = ratios(before)
  return [...ratios(now)].flatMap(([key, ratio]) => {
    const was = past.get(key)?.mean
    if (was === undefined) return []
    const fell = ratio.mean < was * (1 - slack) && ratio.high < was
    return [{ key, was, ratio: ratio.mean, fell }]
  })
}

function main() {
  const options = { slack: { type: 'string', default: '0.1' } }
  const { values, positionals } = parseArgs({ allowPositionals: true, options })
  const [now, before = kept] = positionals
  if (now === undefined) throw new Error('compare: wanted the file of new results, got none')
  const [old, fresh] = [before, now].map((file) => JSON.parse(readFileSync(file, 'utf8')))
  const rows = compared(old, fresh, Number(values.slack))
  for (const { key, was, ratio, fell } of rows) {
    console.log(`${fell ? 'fell' : 'ok  '}  ${key}  ${was.toFixed(2)} → ${ratio.toFixed(2)}`)
  }
  if (rows.length === 0)
    throw new Error('compare: wanted results with a workload and a peer in common, got none')
  if (rows.some(({ fell }) => fell)) process.exitCode = 1
}

if (process.argv[1] === import.meta.filename) main()
