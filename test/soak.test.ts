import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import type { Group } from '../scripts/soak/attack.ts'
import { attacks } from '../scripts/soak/attacks.ts'
import { Lab } from '../scripts/soak/lab.ts'
import { type Failed, Soak } from '../scripts/soak/schedule.ts'
import { tableOf, told } from '../scripts/soak/table.ts'
import { repository } from './support/command.ts'

const root = mkdtempSync(join(tmpdir(), 'evenstep-careless-'))
afterAll(() => rmSync(root, { recursive: true }))

/** Runs one round of an attack on a command that loses something at each disturbance. */
async function attacked(
  name: string,
  group: Group,
): Promise<{ readonly soak: Soak; readonly failed: Failed[] }> {
  const failed: Failed[] = []
  const lab = new Lab(mkdtempSync(join(root, 'lab-')), join(repository, 'test/support/careless.mjs'))
  const soak = new Soak(
    lab,
    attacks.filter((attack) => attack.name === name),
    {
      seed: 1,
      until: Number.POSITIVE_INFINITY,
      wanted: new Map([[group, 3]]),
      lanes: 1,
      from: 0,
      rounds: 1,
      failed: (one) => failed.push(one),
      signal: new AbortController().signal,
    },
  )
  await soak.run()
  return { soak, failed }
}

test('an attack notices what a command loses, counts it, and keeps the folder', async () => {
  const { soak, failed } = await attacked('kill-training', 'kills')
  const [one] = failed
  expect(one).toMatchObject({
    attack: 'kill-training',
    round: 0,
    message: 'model.safetensors: wanted the bytes of an undisturbed run, got others',
  })
  expect(readdirSync(join(one!.folder!, 'run'))).toContain('model.safetensors')
  expect(tableOf(soak.counts)).toMatch(
    /^attack {9}rounds {2}tried {2}failed\nkill-training +1 +[123] +1\nall +1 +[123] +1$/,
  )
  expect(told(one!, 1)).toContain(
    'repeat with: npm run soak -- --seed 1 --only kill-training --from 0 --rounds 1\n',
  )
})

test.runIf(existsSync('/dev/full'))('an attack notices a success that is none', async () => {
  const { failed } = await attacked('full-stdout', 'faults')
  expect(failed[0]!.message).toContain('wanted the exit code 4')
})
