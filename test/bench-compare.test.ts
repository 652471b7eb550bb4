import { expect, test } from 'vitest'

const { compared } = await import(new URL('../bench/compare.mjs', import.meta.url).pathname)

const results = (own: number, one: number, two: number) => ({
  nets: [{ name: 'net' }],
  contenders: [
    { name: 'Evenstep', nets: { net: { median: own } } },
    { name: 'PyTorch, 1 thread', nets: { net: { median: one } } },
    { name: 'PyTorch, 2 threads', nets: { net: { median: two } } },
  ],
})

test('a ratio to the better of a peer’s times is compared, whatever the machine', () => {
  expect(compared(results(10, 40, 30), results(20, 70, 90), 0.1)).toEqual([
    { key: 'net: PyTorch', was: 3, ratio: 3.5, fell: false },
  ])
  expect(compared(results(10, 40, 30), results(20, 54.2, 90), 0.1)[0]?.fell).toBe(false)
  expect(compared(results(10, 40, 30), results(20, 53.8, 90), 0.1)[0]?.fell).toBe(true)
})
