// Tests claims, two at a time: npx jiti studies/run.ts [--quick] [--fresh] [ID…]
// A claim that was stopped resumes, unless it is to start afresh.
// Prints each claim's checks as it finishes, stores results in studies/results, and exits with 1 if one failed.
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import type { Claim, Outcome, Scale } from './claim.ts'
import { claims } from './claims.ts'
import { progressOf } from './results.ts'
import { runClaim } from './run-claim.ts'

const { values, positionals } = parseArgs({
  options: { quick: { type: 'boolean', default: false }, fresh: { type: 'boolean', default: false } },
  allowPositionals: true,
})
const scale: Scale = values.quick ? 'quick' : 'full'
const unknown = positionals.filter((id) => !claims.some((claim) => claim.id === id))
if (unknown.length > 0) {
  const ids = claims.map(({ id }) => id).join(', ')
  console.error(`studies: wanted some of ${ids}, got ${unknown.join(', ')}`)
  process.exit(2)
}
const waiting = claims.filter(
  ({ id, onlyFull }) =>
    (positionals.length === 0 || positionals.includes(id)) && !(onlyFull && scale === 'quick'),
)
const worker = join(import.meta.dirname, 'worker.ts')
let failed = 0
await Promise.all([lane(), lane()])
process.exitCode = failed > 0 ? 1 : 0

/** Runs one claim after another until none is left. */
async function lane(): Promise<void> {
  for (let claim = waiting.shift(); claim !== undefined; claim = waiting.shift()) {
    if (values.fresh) rmSync(progressOf(scale, claim.id), { force: true })
    const { outcome, seconds } = await runClaim(claim.id, scale, worker)
    tell(claim, outcome, seconds)
  }
}

function tell({ id, title }: Claim, { checks, remark }: Outcome, seconds: number): void {
  console.log(`${id} ${title} (${seconds} s)`)
  for (const { what, ok, says } of checks)
    console.log(`  ${ok ? '✓' : '✗'} ${what}${says ? `: ${says}` : ''}`)
  if (remark !== undefined) console.log(`  ${remark}`)
  failed += checks.filter(({ ok }) => !ok).length
}
