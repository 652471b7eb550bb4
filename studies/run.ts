// Tests claims, two at a time: npx jiti studies/run.ts [--quick] [--fresh] [ID…]
// A claim that was stopped resumes, unless it is to start afresh.
// Prints each claim's checks as it finishes, stores results in studies/results, and exits with 1 if one failed.
import { fork } from 'node:child_process'
import { rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { cpus } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import type { Claim, Outcome, Scale } from './claim.ts'
import { claims } from './claims.ts'
import { keep, progressOf, versions } from './results.ts'

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
let failed = 0
await Promise.all([lane(), lane()])
process.exitCode = failed > 0 ? 1 : 0

/** Runs one claim after another until none is left. */
async function lane(): Promise<void> {
  for (let claim = waiting.shift(); claim !== undefined; claim = waiting.shift()) {
    const began = performance.now()
    const progress = progressOf(scale, claim.id)
    if (values.fresh) rmSync(progress, { force: true })
    const { outcome, resumed, died } = await outcomeOf(claim, progress)
    const seconds = Number(((performance.now() - began) / 1000).toFixed(1))
    tell(claim, outcome, seconds)
    if (died) continue // what is stored, of the result and of its progress, stays
    keep(scale, claim.id, {
      ...outcome,
      ...(!resumed && { seconds }),
      date: new Date().toISOString().slice(0, 10),
      versions: versions(cpus()[0]?.model.trim() ?? 'unknown'),
    })
    rmSync(progress, { force: true })
  }
}

/** What a worker sends: the outcome, and whether it resumed an experiment that was stopped. */
interface Ended {
  readonly outcome: Outcome
  readonly resumed: boolean
  /** Whether the worker ended before its experiment did. */
  readonly died?: true
}

/** Runs a claim in its own process; a process that dies is a failed check. */
function outcomeOf({ id }: Claim, progress: string): Promise<Ended> {
  const jiti = join(createRequire(import.meta.url).resolve('jiti/package.json'), '../lib/jiti-cli.mjs')
  const child = fork(jiti, [join(import.meta.dirname, 'worker.ts'), id, scale, progress], { execArgv: [] })
  return new Promise((resolve) => {
    child.once('message', (ended) => resolve(ended as Ended))
    child.once('exit', (code) =>
      resolve({
        outcome: { measured: [], checks: [{ what: `the experiment ended with code ${code}`, ok: false }] },
        resumed: false,
        died: true,
      }),
    )
  })
}

function tell({ id, title }: Claim, { checks, remark }: Outcome, seconds: number): void {
  console.log(`${id} ${title} (${seconds} s)`)
  for (const { what, ok, says } of checks)
    console.log(`  ${ok ? '✓' : '✗'} ${what}${says ? `: ${says}` : ''}`)
  if (remark !== undefined) console.log(`  ${remark}`)
  failed += checks.filter(({ ok }) => !ok).length
}
