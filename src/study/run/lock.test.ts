import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'

const root = mkdtempSync(join(tmpdir(), 'evenstep-lock-'))
afterAll(() => rmSync(root, { recursive: true }))

describe('a lock', () => {
  test('is had as long as the process lives, though nobody keeps it', () => {
    const script = `
      const { createJiti } = await import('jiti')
      const source = ${JSON.stringify(join(import.meta.dirname, 'lock.ts'))}
      const { lockAlone, lockShared } = await createJiti(source).import(source)
      const path = ${JSON.stringify(join(root, 'kept.lock'))}
      lockShared(path)
      for (let i = 0; i < 5; i++) {
        await new Promise((resolve) => setTimeout(resolve, 10))
        globalThis.gc()
      }
      console.log(lockAlone(path) === undefined ? 'kept' : 'lost')
    `
    const args = ['--expose-gc', '--input-type=module', '--eval', script]
    expect(execFileSync(process.execPath, args, { encoding: 'utf8' })).toBe('kept\n')
  })
})
