import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

const bench = new URL('../bench/', import.meta.url)
const { compared } = await import(new URL('compare.mjs', bench).pathname)

const time = (median: number, spread: number) => ({
  median,
  rounds: [median / spread, median, median * spread],
})

/** Results of one workload: Evenstep's time, and PyTorch's with one thread and with two. */
const results = (own: number, one: number, two: number, spread = 1.001) => ({
  workloads: [
    {
      name: 'net',
      times: {
        Evenstep: time(own, 1),
        'PyTorch, 1 thread': time(one, spread),
        'PyTorch, 2 threads': time(two, spread),
      },
    },
  ],
})

test('a ratio to the better of a peer’s times is compared, whatever the machine', () => {
  const [row] = compared(results(10, 40, 30), results(20, 70, 90), 0.1)
  expect(row).toMatchObject({ key: 'net: PyTorch', fell: false })
  expect(row.was).toBeCloseTo(3, 10)
  expect(row.ratio).toBeCloseTo(3.5, 10)
})

test('a ratio fell when it lost more than the slack, and noise does not explain it', () => {
  const fell = (now: number, spread?: number) =>
    compared(results(10, 40, 30), results(20, now, 90, spread), 0.1)[0].fell
  expect(fell(54.2)).toBe(false)
  expect(fell(53.8)).toBe(true)
  expect(fell(53.8, 1.3)).toBe(false)
})

test('the kept results are compared with themselves', () => {
  const kept = JSON.parse(readFileSync(new URL('results/latest.json', bench), 'utf8'))
  const rows = compared(kept, kept, 0.1)
  expect(rows.length).toBeGreaterThan(40)
  expect(rows.some(({ fell }: { fell: boolean }) => fell)).toBe(false)
})
