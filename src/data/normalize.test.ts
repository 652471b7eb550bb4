import { expect, test } from 'vitest'
import { dataset } from './dataset.ts'
import { moments, normalize, streamMoments } from './normalize.ts'
import { stream } from './stream.ts'

test('an unknown scope of normalization is refused', async () => {
  const few = dataset({ x: new Float32Array(24), y: Int32Array.of(0, 1, 0, 1, 0, 1) })
  const per = 'features' as 'feature'
  const wanted = `wanted per as 'all', 'channel' or 'feature', got "features"`
  expect(() => normalize({ train: few, validation: few }, { per })).toThrow(`normalize: ${wanted}`)
  expect(() => moments(few, { per })).toThrow(`moments: ${wanted}`)
  const numbers = stream(() => [{ x: [0, 0, 0, 0], y: 0 }], { shape: [4] })
  await expect(streamMoments(numbers, { per })).rejects.toThrow(`streamMoments: ${wanted}`)
})
