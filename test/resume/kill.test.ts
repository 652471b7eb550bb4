import { spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, expect, test } from 'vitest'
import { random } from '../../src/core/random.ts'

const script = fileURLToPath(new URL('./run.mjs', import.meta.url))
const root = mkdtempSync(join(tmpdir(), 'evenstep-kill-'))
afterAll(() => rmSync(root, { recursive: true }))

/** Train in a process of its own, killed `after` milliseconds of training. @returns whether it was killed */
function train(folder: string, after?: number): Promise<boolean> {
  const child = spawn(process.execPath, [script, folder], { stdio: ['ignore', 'pipe', 'inherit'] })
  if (after !== undefined) child.stdout.once('data', () => setTimeout(() => child.kill('SIGKILL'), after))
  return new Promise((resolve, reject) => {
    child.on('exit', (code, signal) => {
      if (signal === 'SIGKILL' || code === 0) resolve(signal === 'SIGKILL')
      else reject(new Error(`the run ended with ${code}`))
    })
  })
}

const read = (folder: string, file: string): Buffer => readFileSync(join(folder, file))
const metrics = (folder: string): string =>
  read(folder, 'events.jsonl')
    .toString()
    .replace(/"time":\{[^}]*\}/g, '')

test('a run killed 20 times at random moments writes the bytes of one that was never stopped', async () => {
  const [whole, killed] = [join(root, 'whole'), join(root, 'killed')]
  await train(whole)
  const moments = random('moments')
  let kills = 0
  while (kills < 20 && (await train(killed, moments.uniform(0, 120)))) kills++
  expect(kills).toBe(20)
  await train(killed)
  expect(metrics(killed)).toBe(metrics(whole))
  expect(read(killed, 'model.safetensors')).toEqual(read(whole, 'model.safetensors'))
  const last = readdirSync(join(whole, 'checkpoints')).sort().at(-1)!
  for (const file of ['model.safetensors', 'optimizer.safetensors']) {
    expect(read(killed, join('checkpoints', last, file))).toEqual(
      read(whole, join('checkpoints', last, file)),
    )
  }
}, 180_000)
