import { execFileSync } from 'node:child_process'
import { platform } from 'node:os'
import { expect, test } from 'vitest'
import { shellCommand } from './shell.ts'

test('a command is quoted where a shell would read something else', () => {
  expect(shellCommand(['npx', 'evenstep', 'study', 'a/b.ts', '--set', 'batchSize=16'])).toBe(
    'npx evenstep study a/b.ts --set batchSize=16',
  )
  expect(shellCommand(["it's.ts", '--set', 'log={"batchNorm":true}', ''])).toBe(
    `'it'\\''s.ts' --set 'log={"batchNorm":true}' ''`,
  )
})

test.skipIf(platform() === 'win32')('a shell gives the words back', () => {
  const words = ["it's", 'a b', '$HOME', '`ls`', '"', '\\', '*', '~', 'a;b', 'é', '-x', '', 'a\nb', '#', '!']
  const script = `${shellCommand(['printf', '%s\\0', ...words])}`
  expect(execFileSync('/bin/sh', ['-c', script], { encoding: 'utf8' }).split('\0').slice(0, -1)).toEqual(
    words,
  )
})
