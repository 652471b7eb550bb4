/**
 * Measures the memory and time that readers take for files made to take much: npx jiti scripts/reader-memory.ts
 *
 * Prints, for each file, the peak of a process of its own above what it took before reading, and the bound: four times
 * the size of the file and of the arrays that were asked for, and 100 MB; exits with 1 if a peak is above it, or reading takes more than 5 s of CPU time. Linux only.
 */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { EvenstepError } from '../src/core/errors.ts'
import { type Bomb, bombs } from './fuzz/bombs.ts'

/** Maximum number of milliseconds of CPU time to read a file. */
const patience = 5000

interface Taken {
  readonly bytes: number
  readonly arrays: number
  readonly ms: number
  readonly outcome: string
}

const [, , index, path] = process.argv
if (index === undefined) process.exitCode = compare() ? 0 : 1
else console.log(JSON.stringify(await take(bombs[Number(index)]!, path!)))

/** In the child: reads a file. */
async function take(bomb: Bomb, path: string): Promise<Taken> {
  writeFileSync('/proc/self/clear_refs', '5') // lets the peak begin anew
  const before = peak()
  const begun = process.cpuUsage()
  let [arrays, outcome] = [0, 'read']
  try {
    arrays = await bomb.read(path)
  } catch (error) {
    if (!(error instanceof EvenstepError)) throw error
    outcome = error.message
  }
  const { user, system } = process.cpuUsage(begun)
  return { bytes: peak() - before, arrays, ms: (user + system) / 1e3, outcome }
}

/** Returns the peak of the process's memory in bytes, as Linux knows it. */
function peak(): number {
  return 1024 * Number(/VmHWM:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))![1])
}

function compare(): boolean {
  const folder = mkdtempSync(join(tmpdir(), 'evenstep-memory-'))
  const jiti = new URL('../node_modules/jiti/lib/jiti-cli.mjs', import.meta.url).pathname
  let isGood = true
  for (const [i, bomb] of bombs.entries()) {
    const file = join(folder, bomb.file)
    writeFileSync(file, bomb.content())
    const text = execFileSync(process.execPath, [jiti, import.meta.filename, String(i), file], {
      encoding: 'utf8',
    })
    const { bytes, arrays, ms, outcome } = JSON.parse(text) as Taken
    const bound = 4 * (statSync(file).size + arrays) + 100e6
    isGood &&= bytes <= bound && ms <= patience
    const mark = bytes <= bound && ms <= patience ? 'ok ' : 'BAD'
    const mega = (value: number): string => `${Math.round(value / 1e6)} MB`.padStart(8)
    console.log(
      `${mark} ${bomb.name.padEnd(52)}${mega(bytes)} of ${mega(bound)}${`${Math.round(ms)}`.padStart(7)} ms  ${outcome.slice(0, 110)}`,
    )
    rmSync(file)
  }
  rmSync(folder, { recursive: true })
  return isGood
}
