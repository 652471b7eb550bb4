import { afterEach, expect, test, vi } from 'vitest'
import { jsonLine, painted, printable, terminal } from './output.ts'

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

afterEach(() => {
  vi.unstubAllEnvs()
  vi.restoreAllMocks()
})

test.each([
  [{}, { isTerminal: true, color: true }],
  [{ NO_COLOR: '1' }, { isTerminal: true, color: false }],
  [{ CI: 'true' }, { isTerminal: false, color: true }],
  [{ TERM: 'dumb' }, { isTerminal: false, color: true }],
  [
    { WT_SESSION: 'x', TERM: '' },
    { isTerminal: true, color: true },
  ], // Windows Terminal, which sets no TERM
])('with the environment %j, a terminal is %j', (environment, wanted) => {
  const before = Object.getOwnPropertyDescriptor(process.stdout, 'isTTY')
  for (const name of ['NO_COLOR', 'CI', 'TERM']) vi.stubEnv(name, '')
  for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value)
  Object.defineProperty(process.stdout, 'isTTY', { value: true, configurable: true })
  try {
    expect(terminal()).toMatchObject(wanted)
  } finally {
    if (before) Object.defineProperty(process.stdout, 'isTTY', before)
    else Reflect.deleteProperty(process.stdout, 'isTTY')
  }
})
