import { expect, test } from 'vitest'
import { dataset } from './dataset.ts'
import { moments, normalize, standardize, streamMoments } from './normalize.ts'
import { collect, stream } from './stream.ts'

test('an unknown scope of normalization is refused', async () => {
  const few = dataset({ x: new Float32Array(24), y: Int32Array.of(0, 1, 0, 1, 0, 1) })
  const per = 'features' as 'feature'
  const wanted = `wanted per as 'all', 'channel' or 'feature', got "features"`
  expect(() => normalize({ train: few, validation: few }, { per })).toThrow(`normalize: ${wanted}`)
  expect(() => moments(few, { per })).toThrow(`moments: ${wanted}`)
  const numbers = stream(() => [{ x: [0, 0, 0, 0], y: 0 }], { shape: [4] })
  await expect(streamMoments(numbers, { per })).rejects.toThrow(`streamMoments: ${wanted}`)
})

test('integers are normalized into floats, over a stream too', async () => {
  const y = Int32Array.of(0, 1, 0, 1)
  const integers = dataset({ x: Int32Array.of(10, 20, 30, 40), y })
  const expected = [-1.5, -0.5, 0.5, 1.5].map((z) => Math.fround(z / Math.sqrt(1.25)))
  const { train, validation } = normalize({ train: integers, validation: integers })
  for (const { x } of [train, validation]) expect([x.dtype, [...x.data]]).toEqual(['float32', expected])
  const bits = dataset({ x: Int32Array.of(0, 1, 1, 0), y: Int32Array.of(0, 1), shape: [2] })
  expect([...normalize({ train: bits, validation: bits }, { per: 'feature' }).train.x.data]).toEqual([
    -1, 1, 1, -1,
  ])

  const bytes = Uint8Array.of(10, 20, 30, 40)
  const byHand = { ...integers, x: { shape: [1], dtype: 'int32' as const, data: bytes } }
  expect([...standardize(byHand, moments(byHand)).x.data]).toEqual(expected)

  const flow = stream(() => [10, 20, 30, 40].map((x) => ({ x: [x], y: 0 })), { shape: [1], dtype: 'int32' })
  const standard = standardize(flow, await streamMoments(flow))
  expect(standard.x.dtype).toBe('float32')
  expect([...(await collect(standard)).x.data]).toEqual(expected)
  await expect(streamMoments(flow, { signal: AbortSignal.abort('enough') })).rejects.toBe('enough')
})

test('codes of categories are not numbers to normalize', () => {
  const rows = dataset({ x: [[0.5, 1]], y: [0], featureNames: ['a', 'b'], categories: [0, 3] })
  const wanted = 'standardize: wanted x of numbers, got codes of categories in b; '
  expect(() => normalize({ train: rows, validation: rows })).toThrow(
    `${wanted}the numbers of a table are standardized already`,
  )
})
