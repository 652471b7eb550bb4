import { describe, expect, test } from 'vitest'
import { broadcast, resolveAxes, stretchedAxes } from './shape.ts'

describe('shapes', () => {
  test('broadcast as NumPy does', () => {
    expect(broadcast('add', [2, 1, 3], [4, 1])).toEqual([2, 4, 3])
    expect(broadcast('add', [], [2])).toEqual([2])
    expect(broadcast('add', [0, 3], [1])).toEqual([0, 3])
    expect(() => broadcast('add', [2, 3], [4])).toThrow(
      'add: wanted shapes that broadcast, got [2, 3] and [4]; make axis 1 equal or 1',
    )
  })

  test('the stretched axes are those that a sum must undo', () => {
    expect(stretchedAxes([3], [2, 3])).toEqual([0])
    expect(stretchedAxes([2, 1], [2, 3])).toEqual([1])
    expect(stretchedAxes([2, 3], [2, 3])).toEqual([])
  })

  test('axes may count from the end, and must exist once', () => {
    expect(resolveAxes('sum', [-1, 0], 3)).toEqual([0, 2])
    expect(() => resolveAxes('sum', [3], 3)).toThrow('sum: wanted an axis from -3 to 2, got 3')
    expect(() => resolveAxes('sum', [0, -3], 3)).toThrow('sum: wanted each axis once, got [0, -3]')
  })
})
