import { execFileSync } from 'node:child_process'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const repository = fileURLToPath(new URL('../..', import.meta.url))

test('the manual loop prints a validation loss after each epoch, the one that evenstep train prints', () => {
  const jiti = fileURLToPath(import.meta.resolve('jiti/package.json')).replace(
    'package.json',
    'lib/jiti-cli.mjs',
  )
  const out = execFileSync(process.execPath, [jiti, 'examples/manual-loop.ts', '1'], {
    cwd: repository,
    encoding: 'utf8',
  })
  const [, loss, accuracy] = /^epoch 1: validation loss (\d\.\d{4}), accuracy (\d\.\d{4})\n$/.exec(out)!
  const args = [
    'dist/cli/main.js',
    'train',
    'examples/digits.ts',
    '--set',
    'epochs=1',
    '--json',
    '--out',
    join(mkdtempSync(join(tmpdir(), 'evenstep-')), 'run'),
  ]
  const events = execFileSync(process.execPath, args, { cwd: repository, encoding: 'utf8' })
    .trimEnd()
    .split('\n')
  const epoch = JSON.parse(events.find((line) => line.startsWith('{"type":"epoch"'))!)
  expect(epoch.validationLoss.toFixed(4)).toBe(loss)
  expect(epoch.validationAccuracy.toFixed(4)).toBe(accuracy)
  expect(epoch.validationAccuracy).toBeGreaterThan(0.95)
})
