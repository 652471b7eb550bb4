import { parseHTML } from 'linkedom'
import sharp from 'sharp'
import { expect, test } from 'vitest'
import { findingsFixture, raceFixture, singleCellFixture } from '../../../test/study/findings-fixture.ts'
import { chartImages } from './chart-image.ts'

const all = await chartImages(findingsFixture())

test('each chart of the report is an image with a name of its own', async () => {
  expect(all.slice(0, 6).map(({ name }) => name)).toEqual([
    'scores-1-none',
    'scores-2-batch',
    'scores-3-layer',
    'rate-windows-1-by-normalization',
    'rate-windows-2-by-normalization-schedule',
    'effects-effect-sizes',
  ])
  for (const images of [all, await chartImages(raceFixture())])
    expect(new Set(images.map(({ name }) => name)).size).toBe(images.length)
  expect(await chartImages(singleCellFixture())).toEqual([])
})

test('an image needs no style sheet, and has the title and the legend', () => {
  for (const { svg } of all)
    expect(svg).not.toMatch(/var\(|currentColor|<style|https?:(?!\/\/www\.w3\.org\/2000\/svg)/)
  const curves = all.find(({ name }) => name.startsWith('learning-curves-1'))!.svg
  const { document } = parseHTML(curves)
  const texts = [...document.querySelectorAll('text')].map((text) => text.textContent)
  expect(texts.slice(0, 2)).toEqual(['constant', 'none, lr 0.03 · batch, lr 0.3 · layer, lr 0.1'])
  expect(texts.slice(2, 5)).toEqual(['none', 'batch', 'layer'])
  expect(all[0]!.svg).toContain('validationAccuracy')
})

test('another program draws it, white around the chart', async () => {
  const { svg } = all.find(({ name }) => name === 'effects-effect-sizes')!
  const { data, info } = await sharp(Buffer.from(svg))
    .removeAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true })
  const size = /^<svg[^>]* width="([\d.]+)" height="([\d.]+)"/.exec(svg)!.slice(1).map(Number)
  expect([info.width, info.height]).toEqual(size.map(Math.round))
  expect([...data.subarray(0, 3)]).toEqual([255, 255, 255])
  const blue = [0x00, 0x72, 0xb2]
  const isBlue = (at: number): boolean => blue.every((value, i) => data[at + i] === value)
  expect(Array.from({ length: data.length / 3 }, (_, i) => 3 * i).some(isBlue), 'a bar is drawn').toBe(true)
})
