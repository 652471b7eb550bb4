import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { lockAlone, lockShared } from './lock.ts'

const root = mkdtempSync(join(tmpdir(), 'evenstep-lock-'))
afterAll(() => rmSync(root, { recursive: true }))

describe('a lock', () => {
  test('is had alone or shared, and given back', () => {
    const path = join(root, 'own.lock')
    const one = lockShared(path)
    const other = lockShared(path)
    expect(lockAlone(path)).toBe(undefined)
    one?.release()
    expect(lockAlone(path)).toBe(undefined)
    other?.release()
    const alone = lockAlone(path)
    expect(lockShared(path)).toBe(undefined)
    alone?.release()
    lockShared(path)!.release()
  })

  test('is had as long as the process lives, though nobody keeps it', () => {
    const script = `
      const { lockAlone, lockShared } = await import(${JSON.stringify(new URL('../../dist/study/lock.js', import.meta.url))})
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
