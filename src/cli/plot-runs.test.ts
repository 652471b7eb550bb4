import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { printedBy } from '../../test/support/printed.ts'
import { toy } from '../../test/support/toy.ts'
import { RunFolder } from '../train/index.ts'
import { plotCommand } from './plot-runs.ts'

const root = mkdtempSync(join(tmpdir(), 'evenstep-plot-'))
const before = process.cwd()
beforeAll(async () => {
  process.chdir(root)
  for (const [name, epochs] of [
    ['long', 4],
    ['short', 1],
  ] as const) {
    const folder = new RunFolder(name, toy({ name, epochs }))
    for await (const _ of folder.events());
    folder.close()
  }
})
afterAll(() => {
  process.chdir(before)
  rmSync(root, { recursive: true })
})

const printed = printedBy(plotCommand)

test('runs of different lengths share their axes in the terminal', async () => {
  const text = await printed('long', 'short')
  expect(text.split('\n').filter((line) => /^[a-z]/i.test(line))).toEqual([
    'trainLoss',
    'validationLoss',
    'learning rate',
  ])
  expect(text).toMatch(/epoch 1 +epoch 4\n/)
  expect(text).toMatch(/ ● long\n +\+ short\n/)
  expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80)
  const rates = text
    .split('learning rate\n')[1]!
    .split('\n')
    .find((line) => line.includes('+'))!
  expect(rates.lastIndexOf('+')).toBeLessThan(30) // a quarter of the width, as of the steps
})

test('an image has a panel for each quantity, and a dot for a single epoch', async () => {
  expect(await printed('long', 'short', '--svg', 'curves.svg', '--metric', 'validationAccuracy')).toBe('')
  const image = readFileSync('curves.svg', 'utf8')
  expect(image).toContain('<title>long, short</title>')
  expect([...image.matchAll(/font-size="15">([^<]*)</g)].map(([, title]) => title)).toEqual([
    'validationAccuracy',
    'learning rate',
  ])
  expect(image).toMatch(/<path d="M[\d.]+ [\d.]+h0" fill="none" stroke-width="6" stroke-linecap="round"/)
})

test('a PNG is twice as large as the SVG', async () => {
  await printed('long', '--png', 'curves.png')
  const { format, width, height } = await sharp(readFileSync('curves.png')).metadata()
  expect([format, width, height]).toEqual(['png', 1600, 3 * 360 * 2])
})

test('a metric that was not measured, and a missing package, are named', async () => {
  await expect(printed('long', '--metric', 'validationAcuracy')).rejects.toThrow(
    'plot: wanted metric as one of trainLoss, validationLoss, validationAccuracy, got validationAcuracy; did you mean validationAccuracy?',
  )
  await expect(printed('long', '--svg', 'a.svg', '--png', './a.svg')).rejects.toThrow(
    'plot: wanted --svg and --png with a file for each, got ./a.svg twice',
  )
  vi.doMock('sharp', () => {
    throw new Error('no such package')
  })
  await expect(printed('long', '--png', 'other.png')).rejects.toThrow(
    'plot: wanted the package sharp to write a PNG, got none; npm install sharp, or write an SVG with --svg',
  )
  vi.doUnmock('sharp')
})
