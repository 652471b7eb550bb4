import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { Draw } from '../../scripts/fuzz/reader.ts'
import { killTraining, type Moment } from '../../scripts/soak/kill-training.ts'
import { Lab } from '../../scripts/soak/lab.ts'
import { digits } from '../../scripts/soak/subjects.ts'
import { main } from '../support/command.ts'

const root = mkdtempSync(join(tmpdir(), 'evenstep-kill-'))
afterAll(() => rmSync(root, { recursive: true }))

// `npm run soak` kills a thousand times as many.
test('a run killed at random moments writes the bytes of one that was never stopped', async () => {
  const moments: Moment[] = ['start', 'training', 'write', 'file', 'training', 'write']
  let kills = 0
  await killTraining(new Lab(root, main), digits, join(root, 'run'), new Draw('moments'), {
    moments,
    tried: () => void kills++,
  })
  expect(kills).toBe(moments.length)
})
