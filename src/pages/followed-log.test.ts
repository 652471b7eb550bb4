import { appendFileSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { FollowedLog } from './followed-log.ts'

const root = mkdtempSync(join(tmpdir(), 'evenstep-followed-'))
afterAll(() => rmSync(root, { recursive: true }))

const line = (step: number, loss = step): string =>
  `${JSON.stringify({ type: 'step', epoch: 0, step, loss, lr: 0.1 })}\n`
const lines = (from: number, to: number, loss?: number): string =>
  Array.from({ length: to - from }, (_, i) => line(from + i, loss)).join('')

function log(): { readonly file: string; readonly followed: FollowedLog } {
  const folder = mkdtempSync(join(root, 'run-'))
  return { file: join(folder, 'events.jsonl'), followed: new FollowedLog(folder) }
}

const lossesOf = async (followed: FollowedLog): Promise<number[]> => {
  expect(await followed.refresh(1e9)).toBe(true)
  return Array.from(followed.steps.losses)
}

test('what is appended is read, a line that is being written only once it is whole', async () => {
  const { file, followed } = log()
  expect(await lossesOf(followed)).toEqual([])
  writeFileSync(file, `{"type":"start","steps":9}\n${lines(0, 2)}${line(2).slice(0, 20)}`)
  expect(await lossesOf(followed)).toEqual([0, 1])
  appendFileSync(file, `${line(2).slice(20)}{"type":"epoch","epoch":0,"steps":3}\n`)
  expect(await lossesOf(followed)).toEqual([0, 1, 2])
  expect(followed.others.map(({ type }) => type)).toEqual(['start', 'epoch'])
})

test('a log that a resumed run has cut is read again, also after it has grown beyond its former length', async () => {
  const { file, followed } = log()
  writeFileSync(file, lines(0, 10, 1))
  expect(await lossesOf(followed)).toHaveLength(10)
  truncateSync(file, lines(0, 4, 1).length)
  expect(await lossesOf(followed)).toEqual([1, 1, 1, 1])
  appendFileSync(file, lines(4, 10, 1))
  expect(await lossesOf(followed)).toHaveLength(10)
  truncateSync(file, lines(0, 4, 1).length)
  appendFileSync(file, lines(4, 30, 2.5)) // at the place where reading would continue is the middle of a line
  expect(await lossesOf(followed)).toEqual([...Array(4).fill(1), ...Array(26).fill(2.5)])
})

test('a log of any content is read to its end once: steps out of order, or the same step twice', async () => {
  const { file, followed } = log()
  writeFileSync(file, `${line(5)}${line(5)}${line(1)}`)
  expect(await lossesOf(followed)).toEqual([5, 5, 1])
})

test('a damaged line is an error that names the file, as is a line without end', async () => {
  const { file, followed } = log()
  writeFileSync(file, `${line(0)}no JSON\n${line(1)}`)
  await expect(followed.refresh(1e9)).rejects.toThrow(
    `${file}: wanted a JSON object in each line, got "no JSON"`,
  )
  const long = log()
  writeFileSync(long.file, 'x'.repeat(1 << 20))
  await expect(long.followed.refresh(1e9)).rejects.toThrow(
    `${long.file}: wanted lines of up to 1048576 bytes, got a longer one`,
  )
})

test('a long log is read in parts, each within its time', async () => {
  const { file, followed } = log()
  writeFileSync(file, lines(0, 60_000))
  expect(await followed.refresh(0)).toBe(false)
  const first = followed.steps.losses.length
  expect(first).toBeGreaterThan(1000)
  expect(first).toBeLessThan(60_000)
  expect(await lossesOf(followed)).toHaveLength(60_000)
})
