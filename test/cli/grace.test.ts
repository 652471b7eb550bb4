import { spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { commandIn, main } from '../support/command.ts'

const { folder } = commandIn('evenstep-grace-')

/** Returns an experiment whose batches take some tenths of a second each. */
const slow = (more: string): string => `
  import { data, nn, ops, optim, train } from 'evenstep'
  const rows = (length) => data.dataset({
    x: Float32Array.from({ length }, (_, i) => Math.sin(i)), y: Int32Array.from({ length }, (_, i) => i % 2), shape: [1], classes: 2,
  })
  const wide = () => [new nn.Linear(1500, 1500), new nn.ReLU()]
  export default train.experiment({
    model: () => new nn.Sequential(new nn.Linear(1, 1500), ...wide(), ...wide(), new nn.Linear(1500, 2)),
    loss: ops.crossEntropy, optimizer: optim.sgd({ lr: 0.01 }), threads: 1, batchSize: 1500, epochs: 2, ${more}
  })
`

/** Sends SIGTERM some time after the first event that matches. @returns exit code, and seconds from the signal to the end */
async function terminated(name: string, experiment: string, ready: RegExp): Promise<[code: unknown, number]> {
  writeFileSync(join(folder, `${name}.ts`), experiment)
  const child = spawn(process.execPath, [main, 'train', `${name}.ts`, '--out', name, '--json'], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ended = new Promise((resolve) => child.once('exit', resolve))
  for await (const text of child.stdout) if (ready.test(String(text))) break
  await setTimeout(700)
  const begun = performance.now()
  child.kill('SIGTERM')
  return [await ended, (performance.now() - begun) / 1e3]
}

/** Seconds between SIGTERM and SIGKILL that schedulers give at least. */
const grace = 10

test('SIGTERM ends an evaluation of many slow batches, and a step of many slow micro-batches, within the grace period', async () => {
  const evaluation = slow('data: { train: rows(1500), validation: rows(64 * 1500) }')
  const step = slow('data: { train: rows(64 * 1500), validation: rows(1500) }, accumulate: 64')
  const ends = await Promise.all([
    terminated('evaluation', evaluation, /"type":"step"/),
    terminated('step', step, /"type":"start"/),
  ])
  for (const [code, seconds] of ends) {
    expect(code).toBe(143)
    expect(seconds).toBeLessThan(grace)
  }
})
