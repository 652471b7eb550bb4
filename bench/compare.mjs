// Compares the ratios of two benchmark results: `node bench/compare.mjs NEW.json [KEPT.json] [--slack 0.1]`. Exits with 1
// if Evenstep lost more than the slack against a peer. Ratios of one run are compared, never times of two runs: these
// depend on the machine and on what else it does.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'

const kept = join(import.meta.dirname, 'results', 'latest.json')

/** Each peer's time divided by Evenstep's, by net and peer; of PyTorch's two thread counts the better one. */
export function ratios({ contenders, nets }) {
  const found = new Map()
  const own = contenders.find(({ name }) => name === 'Evenstep')
  for (const { name: net } of nets) {
    for (const peer of contenders) {
      if (peer === own || !peer.nets[net]) continue
      const key = `${net}: ${peer.name.replace(/,.*/, '')}`
      const ratio = peer.nets[net].median / own.nets[net].median
      found.set(key, Math.min(ratio, found.get(key) ?? Number.POSITIVE_INFINITY))
    }
  }
  return found
}

/** Lists the ratios that both results have: key, ratio before, ratio now, and whether it fell below the slack. */
export function compared(before, now, slack) {
  const past = ratios(before)
  return [...ratios(now)].flatMap(([key, ratio]) => {
    const was = past.get(key)
    return was === undefined ? [] : [{ key, was, ratio, fell: ratio < was * (1 - slack) }]
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
  if (rows.length === 0) throw new Error('compare: wanted results with a net and a peer in common, got none')
  if (rows.some(({ fell }) => fell)) process.exitCode = 1
}

if (process.argv[1] === import.meta.filename) main()
