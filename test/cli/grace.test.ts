import { spawn } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { commandIn, main } from '../support/command.ts'

const { folder } = commandIn('evenstep-grace-')

/** Returns an experiment whose batches take some tenths of a second each, and which writes its processor time at the end. */
const slow = (name: string, more: string): string => `
  import { writeFileSync } from 'node:fs'
  import { data, nn, ops, optim, train } from 'evenstep'
  process.on('exit', () => {
    const { user, system } = process.cpuUsage()
    writeFileSync('${name}.seconds', String((user + system) / 1e6))
  })
  const rows = (length) => data.dataset({
    x: Float32Array.from({ length }, (_, i) => Math.sin(i)), y: Int32Array.from({ length }, (_, i) => i % 2), shape: [1], classes: 2,
  })
  const wide = () => [new nn.Linear(1500, 1500), new nn.ReLU()]
  export default train.experiment({
    model: () => new nn.Sequential(new nn.Linear(1, 1500), ...wide(), ...wide(), new nn.Linear(1500, 2)),
    loss: ops.crossEntropy, optimizer: optim.sgd({ lr: 0.01 }), threads: 1, batchSize: 1500, epochs: 2, ${more}
  })
`

/** Seconds of processor time that a process has taken. */
function secondsOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ')
  return (Number(stat[11]) + Number(stat[12])) / 100
}

/**
 * Sends SIGTERM to a run some time after the first event that matches.
 *
 * @returns exit code, and seconds of processor time from the signal to the end: those do not depend on other processes
 */
async function terminated(name: string, more: string, ready: RegExp): Promise<[code: unknown, number]> {
  writeFileSync(join(folder, `${name}.ts`), slow(name, more))
  const child = spawn(process.execPath, [main, 'train', `${name}.ts`, '--out', name, '--json'], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ended = new Promise((resolve) => child.once('exit', resolve))
  for await (const text of child.stdout) if (ready.test(String(text))) break
  await setTimeout(500)
  const before = secondsOf(child.pid!)
  child.kill('SIGTERM')
  return [await ended, Number(readFileSync(join(folder, `${name}.seconds`), 'utf8')) - before]
}

// Each of the two would take far longer than the 10 s that schedulers give at least.
test.skipIf(process.platform !== 'linux')(
  'SIGTERM ends an evaluation of many slow batches, and a step of many slow micro-batches, within the grace period',
  async () => {
    const evaluation = 'data: { train: rows(1500), validation: rows(64 * 1500) }'
    const step = 'data: { train: rows(64 * 1500), validation: rows(1500) }, accumulate: 64'
    const ends = await Promise.all([
      terminated('evaluation', evaluation, /"type":"step"/),
      terminated('step', step, /"type":"start"/),
    ])
    for (const [code, seconds] of ends) {
      expect(code).toBe(143)
      expect(seconds).toBeLessThan(5)
    }
  },
)
