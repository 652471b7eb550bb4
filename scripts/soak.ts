/**
 * Disturbs training and studies for an hour, and compares their results with undisturbed ones:
 * npm run soak -- --minutes 60 --seed 1
 *
 * Prints how often each attack was tried and failed, and for each failure what was violated, how to repeat it and the
 * folder it left; exits with 1 if there are any. Ctrl-C prints the counts so far.
 *
 *     --kills N, --study-kills N, --shared-kills N, --faults N, --concurrent N, --damage N
 *                     stop each of these groups after N tries, and leave out those that are not named
 *     --only NAME     only this attack
 *     --from I        begin with round I of each attack
 *     --rounds N      at most N rounds of each attack
 *     --lanes N       rounds at the same time (default: the number of cores)
 *     --main FILE     command to disturb (default: the built one)
 *
 * Full disks and read-only folders need mount, and thus root; where it is refused, these attacks are left out and named.
 */
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { type Group, groups } from './soak/attack.ts'
import { attacks } from './soak/attacks.ts'
import { endCommands } from './soak/command.ts'
import { Lab } from './soak/lab.ts'
import { unmountAll } from './soak/mounts.ts'
import { Soak } from './soak/schedule.ts'
import { tableOf, told } from './soak/table.ts'

const text = { type: 'string' } as const
const { values } = parseArgs({
  options: {
    ...{
      kills: text,
      'study-kills': text,
      'shared-kills': text,
      faults: text,
      concurrent: text,
      damage: text,
    },
    ...{ minutes: text, seed: text, only: text, from: text, rounds: text, lanes: text, main: text },
  },
})
const { only, main } = values

/** Returns the value of an option, a number ≥ 0. */
function numberOf(option: Exclude<keyof typeof values, 'only' | 'main'>, otherwise: number): number {
  const value = Number(values[option] ?? otherwise)
  if (value >= 0) return value
  console.error(`soak: wanted --${option} as a number ≥ 0, got ${values[option]}`)
  return process.exit(2)
}

const chosen = attacks.filter(({ name }) => only === undefined || name === only)
if (chosen.length === 0) {
  console.error(`soak: wanted an attack, got ${only}; use ${attacks.map(({ name }) => name).join(', ')}`)
  process.exit(2)
}
const asked = groups.filter((group) => values[group] !== undefined)
const wanted = new Map<Group, number>(
  asked.length === 0
    ? groups.map((group) => [group, Number.POSITIVE_INFINITY])
    : asked.map((group) => [group, numberOf(group, 0)]),
)

const seed = numberOf('seed', 0)
const root = mkdtempSync(join(tmpdir(), 'evenstep-soak-'))
const stop = new AbortController()
const soak = new Soak(
  new Lab(root, resolve(main ?? fileURLToPath(new URL('../dist/cli/main.js', import.meta.url)))),
  chosen,
  {
    seed,
    until: performance.now() + 60e3 * numberOf('minutes', 60),
    wanted,
    lanes: numberOf('lanes', availableParallelism()),
    from: numberOf('from', 0),
    rounds: numberOf('rounds', Number.POSITIVE_INFINITY),
    failed: (one) => process.stderr.write(told(one, seed)),
    signal: stop.signal,
  },
)

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    stop.abort()
    endCommands()
  })
}
process.on('exit', () => {
  endCommands()
  unmountAll()
})

const sum = (of: 'tried' | 'failed'): number => soak.counts.reduce((total, one) => total + one[of], 0)
const begun = performance.now()
setInterval(() => {
  const minutes = Math.round((performance.now() - begun) / 60e3)
  process.stderr.write(`${minutes} min: ${sum('tried')} tried, ${sum('failed')} failed\n`)
}, 300e3).unref()

await soak.run()
unmountAll()
for (const { name, lacking } of chosen) {
  const reason = lacking?.()
  if (reason !== undefined) console.log(`${name} was not tried: ${reason}`)
}
console.log(tableOf(soak.counts))
for (const one of soak.failures) console.log(told(one, seed))
if (soak.failures.length === 0 && existsSync(root)) rmSync(root, { recursive: true })
process.exitCode = soak.failures.length > 0 ? 1 : stop.signal.aborted ? 130 : 0
