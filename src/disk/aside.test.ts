import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { putBack, setAside } from './aside.ts'

const root = mkdtempSync(join(tmpdir(), 'evenstep-aside-'))
afterAll(() => rmSync(root, { recursive: true }))

test('a folder set aside is put back unless another has taken its place', () => {
  const path = join(root, 'step-1')
  mkdirSync(path)
  writeFileSync(join(path, 'a'), '')
  const aside = setAside(path)
  expect([existsSync(path), existsSync(aside)]).toEqual([false, true])
  putBack(path)
  expect(existsSync(join(path, 'a'))).toBe(true)
  setAside(path)
  mkdirSync(path)
  putBack(path)
  expect([existsSync(join(path, 'a')), existsSync(aside)]).toEqual([false, true])
})
