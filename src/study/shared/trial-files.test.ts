import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, expect, test } from 'vitest'
import { packFiles, unpackFiles } from './trial-files.ts'

const root = mkdtempSync(join(tmpdir(), 'evenstep-files-'))
afterAll(() => rmSync(root, { recursive: true }))

test("a trial's files arrive as they were, with those of its model if asked for", async () => {
  const trial = join(root, 'trial')
  mkdirSync(join(trial, 'checkpoints'), { recursive: true })
  for (const name of ['run.json', 'events.jsonl', 'trial.json', 'model.safetensors', '.place', 'notes.txt'])
    writeFileSync(join(trial, name), Buffer.from(`${name}\0ÿ`, 'latin1'))
  const { files } = await packFiles(trial, false)
  expect(files.map(({ name }) => name)).toEqual(['run.json', 'events.jsonl', 'trial.json'])
  const copy = join(root, 'deep/copy')
  unpackFiles(copy, (await packFiles(trial, true)).files.toReversed(), copy)
  expect(readdirSync(copy).toSorted()).toEqual([
    'events.jsonl',
    'model.safetensors',
    'run.json',
    'trial.json',
  ])
  for (const name of readdirSync(copy))
    expect(readFileSync(join(copy, name))).toEqual(readFileSync(join(trial, name)))
})

test('files that no worker sends are refused', () => {
  const fix = 'delete its rows in evenstep.file'
  const folder = join(root, 'refused')
  const bytes = gzipSync('x')
  for (const name of ['../run.json', '.bashrc', 'experiment.ts'])
    expect(() => unpackFiles(folder, [{ name, bytes }], folder)).toThrow(
      `${folder}: wanted the files of a trial, got ${JSON.stringify(name)}; ${fix}`,
    )
  expect(() => unpackFiles(folder, [{ name: 'run.json', bytes: Buffer.from('x') }], folder)).toThrow(
    `${folder}: wanted the files of a trial, got a damaged run.json; ${fix}`,
  )
  expect(readdirSync(folder)).toEqual([])
})

test('a file that is too large to send stays behind, and is named', async () => {
  const trial = join(root, 'large')
  mkdirSync(trial)
  writeFileSync(
    join(trial, 'model.safetensors'),
    Buffer.from(Float64Array.from({ length: 99 }, Math.random).buffer),
  )
  writeFileSync(join(trial, 'trial.json'), '{}')
  const { files, left } = await packFiles(trial, true, 500)
  expect([files.map(({ name }) => name), left]).toEqual([['trial.json'], ['model.safetensors']])
})
