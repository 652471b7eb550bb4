import { expect, test } from 'vitest'
import { snapshot, unchanged } from './snapshot.ts'
import { filled, Variable } from './variable.ts'

const variable = (): Variable => {
  const made = new Variable([2], filled(1))
  made.initialize(0)
  return made
}

test('a snapshot puts back the very arrays that it saw', () => {
  const v = variable()
  const before = v.data
  const restore = snapshot([v])
  v.data = Float32Array.of(2, 3)
  restore()
  expect(v.data).toBe(before)
})

test('unchanged returns what its body returns, and restores when the body throws', async () => {
  const v = variable()
  const before = v.data
  const body = (fails: boolean) => async (): Promise<number> => {
    v.data = Float32Array.of(2, 3)
    if (fails) throw new Error('no')
    return Number(v.data[1])
  }
  expect(await unchanged([v], body(false))).toBe(3)
  expect(v.data).toBe(before)
  await expect(unchanged([v], body(true))).rejects.toThrow('no')
  expect(v.data).toBe(before)
})
