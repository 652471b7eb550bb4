import { appendFileSync, mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { readEvents, readSteps } from './event-log.ts'

const root = mkdtempSync(join(tmpdir(), 'evenstep-log-'))
afterAll(() => rmSync(root, { recursive: true }))

const log = (name: string, text: string): string => {
  const folder = join(root, name)
  mkdirSync(folder)
  writeFileSync(join(folder, 'events.jsonl'), text)
  return folder
}
const step = (k: number, loss: number | null): string =>
  `{"type":"step","epoch":0,"step":${k},"loss":${loss},"lr":0.1,"norm":${k}}\n`

test('a log of 3 GiB is read line by line, and the end of a process that was killed is left out', () => {
  const folder = log('large', step(0, 1))
  truncateSync(join(folder, 'events.jsonl'), 3 * 2 ** 30) // takes no room on disk
  const events = readEvents(folder)
  expect(events.next().value).toMatchObject({ type: 'step', loss: 1 })
  events.return(undefined)
  const cut = log('cut', `${step(0, 1)}{"type":"st`)
  expect([...readEvents(cut)].length).toBe(1)
  appendFileSync(join(cut, 'events.jsonl'), `\n${step(1, 1)}`)
  expect(() => [...readEvents(cut)]).toThrow(
    `${join(cut, 'events.jsonl')}:2: wanted a JSON object, got "{\\"type\\":\\"st"; the file is damaged`,
  )
})

test('the numbers of each step are columns, NaN where JSON has null or nothing', () => {
  const steps = Array.from({ length: 3000 }, (_, k) => step(k, k === 7 ? null : k / 2))
  const folder = log(
    'columns',
    `{"type":"start"}\n${steps.join('')}{"type":"step","step":3000,"loss":1,"lr":1}\n`,
  )
  const { losses, lrs, logs } = readSteps(folder)!
  expect([losses.length, lrs.length, losses[6], losses[7], losses[8]]).toEqual([3001, 3001, 3, Number.NaN, 4])
  expect(Object.keys(logs!)).toEqual(['norm'])
  expect([logs!.norm![2999], logs!.norm![3000]]).toEqual([2999, Number.NaN])
})
