/**
 * Tries readers of files with made-up files: npx jiti scripts/fuzz-readers.ts --seed 0 --count 1000
 *
 * Reports files that crash a reader, take it more than 20 s, or more memory than four times their size and 100 MB;
 * exits with 1 if there are any. File i of a seed is always the same.
 *
 *     --reader NAME   only this reader
 *     --from I        start at file I
 *     --write FOLDER  write CSV files without mistakes and how to read them to a folder, for scripts/golden-csv.py
 */
import { type ChildProcess, fork } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { csvFile } from './fuzz/csv.ts'
import { Draw } from './fuzz/reader.ts'
import { readers } from './fuzz/readers.ts'
import { type Outcome, tryFile } from './fuzz/run.ts'

const text = { type: 'string' } as const
const { values } = parseArgs({
  options: { seed: text, count: text, from: text, reader: text, write: text, child: { type: 'boolean' } },
})
const [seed, count, from] = [values.seed ?? '0', values.count ?? '1000', values.from ?? '0'].map(Number)
const chosen = readers.filter(({ name }) => values.reader === undefined || name === values.reader)

/** Milliseconds after which reading a file counts as hanging. */
const patience = 20_000

if (values.write !== undefined) writeSamples(values.write)
else if (values.child) await tryAll()
else process.exitCode = (await watch()) ? 0 : 1

/** Writes files without mistakes, and the options to read each of them with. */
function writeSamples(folder: string): void {
  for (let i = from!; i < from! + count!; i++) {
    const { content, options } = csvFile(new Draw('csv', seed!, i), false)
    writeFileSync(join(folder, `${i}.csv`), content as Uint8Array)
    writeFileSync(join(folder, `${i}.json`), JSON.stringify(options))
  }
}

/** In the child: tries all files, and sends what becomes of each. */
async function tryAll(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'evenstep-fuzz-'))
  const [reader] = chosen
  for (let index = from!; index < from! + count!; index++) {
    process.send!({ index })
    process.send!({ index, outcome: await tryFile(reader!, seed!, index, folder) })
  }
  rmSync(folder, { recursive: true })
  process.disconnect()
}

/** Tries each reader in a child process; starts another one after a file that hangs or ends the process. */
async function watch(): Promise<boolean> {
  let bad = 0
  for (const { name } of chosen) {
    const counts = { read: 0, refused: 0, crash: 0, memory: 0, hang: 0 }
    for (let next = from!; next < from! + count!; ) {
      const end = await runChild(name, next, ({ result, message }, index) => {
        counts[result]++
        if (result === 'crash' || result === 'memory') console.log(`${name} ${index}: ${result}: ${message}`)
      })
      if (end.index < from! + count!) console.log(`${name} ${end.index}: ${end.why}`)
      if (end.index < from! + count!) counts[end.why]++
      next = end.index + 1
    }
    console.log(`${name}: ${JSON.stringify(counts)}`)
    bad += counts.crash + counts.memory + counts.hang
  }
  return bad === 0
}

interface Ending {
  readonly index: number
  readonly why: 'hang' | 'crash'
}

/** Runs a child from a file on. Resolves to the file it did not finish, or the number of files if none. */
function runChild(
  name: string,
  first: number,
  take: (outcome: Outcome, index: number) => void,
): Promise<Ending> {
  const jiti = new URL('../node_modules/jiti/lib/jiti-cli.mjs', import.meta.url).pathname
  const rest = ['--seed', `${seed}`, '--from', `${first}`, '--count', `${from! + count! - first}`]
  const child: ChildProcess = fork(jiti, [import.meta.filename, '--child', '--reader', name, ...rest])
  return new Promise((resolve) => {
    let index = first
    let why: Ending['why'] = 'crash'
    const kill = (): void => {
      why = 'hang'
      child.kill('SIGKILL')
    }
    let timer = setTimeout(kill, 3 * patience) // includes the time to start
    child.on('message', (message: { readonly index: number; readonly outcome?: Outcome }) => {
      clearTimeout(timer)
      timer = setTimeout(kill, patience)
      index = message.outcome === undefined ? message.index : message.index + 1
      if (message.outcome !== undefined) take(message.outcome, message.index)
    })
    child.on('exit', () => {
      clearTimeout(timer)
      resolve({ index, why })
    })
  })
}
