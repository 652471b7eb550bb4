import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { choosing } from './choosing.ts'
import type { HostTensor, Session } from './session.ts'

let now = 0
beforeEach(() => {
  now = 0
  vi.spyOn(performance, 'now').mockImplementation(() => now)
})
afterEach(() => vi.restoreAllMocks())

/** A session whose calls take as many milliseconds a step as `times` says, the last of them for all further calls. */
function timed(name: string, times: readonly number[], ran: string[]): Session & { timed: () => object } {
  let call = 0
  return {
    timed: () => ({}),
    async run(feeds: ReadonlyMap<string, HostTensor>) {
      ran.push(name)
      now += times[Math.min(call++, times.length - 1)]! * Number(feeds.get('#count')!.data[0])
      return new Map()
    },
    async release() {
      ran.push(`${name} freed`)
    },
  } as never
}

const feeds = new Map<string, HostTensor>([
  ['#count', { dtype: 'int64', shape: [], data: BigInt64Array.of(3n) }],
])

/** Returns which devices take the first 12 calls. */
async function devices(host: number[], gpu: number[] | undefined): Promise<string[]> {
  const ran: string[] = []
  const found = gpu && timed('gpu', gpu, ran)
  const session = choosing(timed('host', host, ran) as never, async () => {
    ran.push('sought')
    return found
  })
  for (let i = 0; i < 12; i++) await session.run(feeds)
  return ran
}

const times = <T>(count: number, value: T): T[] => new Array<T>(count).fill(value)

test('a GPU is not looked for if a step takes less than 2 ms', async () => {
  expect(await devices([9, 1.9], [1])).toEqual(times(12, 'host'))
})

test('without a GPU the host computes', async () => {
  expect(await devices([9], undefined)).toEqual(['host', 'host', 'sought', ...times(10, 'host')])
})

test('a GPU that is faster after its first call gets the calls after the eighth', async () => {
  const timing = ['host', 'host', 'sought', 'gpu', 'gpu', 'host', 'gpu', 'host', 'gpu']
  expect(await devices([9], [500, 3])).toEqual([...timing, 'host freed', ...times(4, 'gpu')])
  expect(await devices([9], [500, 10])).toEqual([...timing, 'gpu freed', ...times(4, 'host')])
})

test('a GPU that takes four times as long in two calls gets no more', async () => {
  const timing = ['host', 'host', 'sought', 'gpu', 'gpu', 'gpu freed']
  expect(await devices([9], [500, 40])).toEqual([...timing, ...times(8, 'host')])
})
