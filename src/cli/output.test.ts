import { expect, test } from 'vitest'
import { jsonLine, painted, printable } from './output.ts'

const hostile = '\u001b]0;title\u0007\u001b[2J\u202e'

test('our own codes are obeyed, those of a text are shown', () => {
  expect(printable(`${painted('alarm', 31)} ${hostile}\n`)).toBe(
    '\u001b[31malarm\u001b[0m \\u001b]0;title\\u0007\\u001b[2J\\u202e\n',
  )
})

test('JSON lines stay JSON of the same values', () => {
  const line = printable(jsonLine({ name: `${hostile}\u009b1m` }))
  for (const obeyed of ['\u001b', '\u009b', '\u202e']) expect(line).not.toContain(obeyed)
  expect(JSON.parse(line)).toEqual({ name: `${hostile}\u009b1m` })
})
