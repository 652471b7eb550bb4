import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { sha256 } from '#platform'
import type { Data } from '../core/dtype.ts'
import { graphNames } from '../onnx/model.ts'
import { adoptThreads, racing } from './race.ts'
import type { HostTensor, Session } from './session.ts'

/** Feeds of a call of K steps. */
const feeds = (count: number): Map<string, HostTensor> =>
  new Map([[graphNames.count, { dtype: 'int64', shape: [], data: BigInt64Array.of(BigInt(count)) }]])

let clock = 0
beforeEach(() => void vi.spyOn(performance, 'now').mockImplementation(() => clock))
afterEach(() => void vi.restoreAllMocks())

/** A backend whose steps take the given milliseconds by number of threads, and what happened to its sessions. */
function backend(ms: Readonly<Record<number, number>>) {
  const events: string[] = []
  const open = async (_: Uint8Array, threads: number): Promise<Session> => {
    events.push(`open ${threads}`)
    return {
      async run(given) {
        events.push(`run ${threads}`)
        clock += ms[threads]! * Number(given.get(graphNames.count)!.data[0])
        return new Map<string, Data>([['threads', Int32Array.of(threads)]])
      },
      release: async () => void events.push(`release ${threads}`),
    }
  }
  return { events, open }
}

const model = (name: string): Uint8Array => new TextEncoder().encode(name)

test.each([
  ['several, if they are faster', { 1: 3, 4: 1 }, 4],
  ['one, if it is faster', { 1: 1, 4: 3 }, 1],
  ['one, if several are not 5 % faster', { 1: 4, 4: 3.96 }, 1],
])('eight calls take turns, and every fourth of 32 checks; then computes with %s', async (name, ms, best) => {
  const { events, open } = backend(ms)
  const session = await racing(model(name), [1, 4], open)
  expect(events).toEqual(['open 1'])
  const threads: number[] = []
  for (let call = 0; call < 44; call++) {
    expect(Object.values(session.timed())).toEqual(call < 8 ? [] : [best])
    const result = await session.run(feeds(call < 2 ? 1 : 2))
    threads.push(Number(result.get('threads')![0]))
  }
  const checks = new Array(8).fill([best, best, best, 5 - best]).flat()
  expect(threads).toEqual([1, 4, 4, 1, 1, 4, 4, 1, ...checks, best, best, best, best])
  expect(events.filter((event) => !event.startsWith('run'))).toEqual([
    'open 1',
    'open 4',
    `release ${5 - best}`,
  ])
  expect(events.indexOf(`release ${5 - best}`)).toBe(events.lastIndexOf(`run ${5 - best}`) + 1)
  const again = await racing(model(name), [1, 4], open)
  expect(again.timed()).toEqual(session.timed())
  expect(events.at(-1)).toBe(`open ${best}`)
})

test('a choice while something else takes the processors is mended soon', async () => {
  const ms = { 1: 2, 4: 5 }
  const { open } = backend(ms)
  const session = await racing(model('disturbed'), [1, 4], open)
  for (let call = 0; call < 8; call++) await session.run(feeds(1))
  expect(Object.values(session.timed())).toEqual([1])
  ms[4] = 1
  const threads: number[] = []
  for (let call = 0; call < 5; call++) {
    threads.push(Number((await session.run(feeds(1))).get('threads')![0]))
  }
  expect(threads).toEqual([1, 1, 1, 4, 4])
})

test('long calls choose for themselves, however often short ones come in between', async () => {
  // A call costs 10 ms with several threads, and 1 ms with one, besides its steps.
  const fixed = (threads: number): number => (threads === 1 ? 1 : 10)
  const session = await racing(model('longer'), [1, 4], async (_, threads) => ({
    async run(given) {
      clock += fixed(threads) + Number(given.get(graphNames.count)!.data[0]) * (threads === 1 ? 2 : 1)
      return new Map<string, Data>([['threads', Int32Array.of(threads)]])
    },
  }))
  const threadsOf = async (counts: readonly number[]): Promise<number[]> => {
    const threads: number[] = []
    for (const count of counts) {
      threads.push(Number((await session.run(feeds(count))).get('threads')![0]))
    }
    return threads
  }
  const [few, many] = [2, 100]
  expect(await threadsOf(new Array(9).fill(few))).toEqual([1, 4, 4, 1, 1, 4, 4, 1, 1])
  expect(Object.values(session.timed())).toEqual([1])
  expect(await threadsOf([many, few, many, few, many, many, many, many, many, many, 30, few])).toEqual([
    1, 1, 4, 1, 4, 1, 1, 4, 4, 1, 4, 4,
  ]) // the last one checks
  expect(Object.values(session.timed())).toEqual([4])
  await threadsOf(new Array(31).fill(many))
  expect(await threadsOf([many, few])).toEqual([4, 4])
})

test('sessions are opened once while long calls choose, also where short ones have chosen', async () => {
  const { events, open } = backend({ 1: 1, 4: 2 })
  const session = await racing(model('both'), [1, 4], open)
  for (let call = 0; call < 40; call++) await session.run(feeds(1))
  for (let call = 0; call < 40; call++) for (const count of [100, 1]) await session.run(feeds(count))
  expect(events.filter((event) => !event.startsWith('run'))).toEqual([
    'open 1',
    'open 4',
    'release 4', // short calls have chosen
    'open 4',
    'release 4', // and long ones
  ])
})

test('a first call that takes long does not count as a long one', async () => {
  const ms = { 1: 100, 4: 100 }
  const { open } = backend(ms)
  const session = await racing(model('cold'), [1, 4], open)
  for (let call = 0; call < 8; call++) {
    await session.run(feeds(1))
    if (call >= 1) Object.assign(ms, { 1: 1, 4: 2 })
  }
  expect(Object.values(session.timed())).toEqual([1])
})

test('a choice of an earlier process is used at once', async () => {
  const first = await racing(model('known'), [1, 2], backend({ 1: 1, 2: 0 }).open)
  for (let call = 0; call < 8; call++) await first.run(feeds(1))
  const [graph] = Object.keys(first.timed())
  const other = await racing(model('other'), [1, 2], backend({ 1: 0, 2: 0 }).open)
  expect(other.timed()).toEqual({})
  adoptThreads({ [graph!]: 1 })
  expect(first.timed()).toEqual({ [graph!]: 2 }) // what this process measured counts
  const known = 'adopted'
  const session = await racing(model(known), [1, 2], backend({ 1: 1, 2: 0 }).open)
  adoptThreads({ [sha256().update(model(known)).hex().slice(0, 16)]: 1 })
  await session.run(feeds(1000))
  expect(Object.values(session.timed())).toEqual([1])
})

test('a call that fails counts for none', async () => {
  let fails = true
  const session = await racing(model('fails'), [1, 2], async (_, threads) => ({
    async run() {
      if (fails) throw new Error('broken')
      return new Map<string, Data>([['threads', Int32Array.of(threads)]])
    },
  }))
  await expect(session.run(feeds(1))).rejects.toThrow('broken')
  fails = false
  expect((await session.run(feeds(1))).get('threads')).toEqual(Int32Array.of(1))
})
