import { describe, expect, test } from 'vitest'
import * as browser from '../platform/browser.ts'
import * as node from '../platform/node.ts'
import { TurnTaking } from './exclusive.ts'

const pause = (ms = 1): Promise<void> => new Promise((done) => setTimeout(done, ms))

/** Returns a function that makes a call which notes when it begins and ends. */
function noting(): { readonly notes: string[]; call(name: string, ms?: number): () => Promise<string> } {
  const notes: string[] = []
  const call = (name: string, ms = 1) => {
    return async (): Promise<string> => {
      notes.push(`${name}+`)
      await pause(ms)
      notes.push(`${name}-`)
      return name
    }
  }
  return { notes, call }
}

/** Returns a promise, and the function that resolves it. */
function later(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  let resolve = (): void => {}
  const promise = new Promise<void>((done) => {
    resolve = done
  })
  return { promise, resolve: () => resolve() }
}

const [a, b] = [{}, {}]

test('in a browser, a call that waits for one which waits too long for data fails; until then, it waits', async () => {
  const turns = new TurnTaking(browser.callContext(), browser.followsCalls, 20)
  const { notes, call } = noting()
  const reading = (next: () => Promise<unknown>): Promise<unknown> =>
    turns.exclusively([a], () => turns.apart([a], next, true))
  const slow = reading(() => pause(10))
  expect(await turns.exclusively([a], call('later', 1))).toBe('later')
  await slow
  const ofStream = async (): Promise<unknown> => {
    await pause()
    return turns.exclusively([a], call('of the stream'))
  }
  await expect(reading(ofStream)).rejects.toThrow(
    'task: wanted a turn, got none: an earlier call on the model has waited 0.02 s for data; ' +
      'if the stream of these data calls the model, let it call a copy',
  )
  expect(await turns.exclusively([a], call('next'))).toBe('next')
  expect(notes).toEqual(['later+', 'later-', 'next+', 'next-'])
})

describe.each([
  ['Node.js', node],
  ['a browser', browser],
])('in %s, calls that use the same variables', (_, { callContext, followsCalls }) => {
  const turns = new TurnTaking(callContext(), followsCalls)
  const exclusively: TurnTaking['exclusively'] = (...call) => turns.exclusively(...call)
  const isWithinCallOf = (owner: object): boolean => turns.isWithinCallOf(owner)
  const checkSettled = (who: string, variables: readonly object[]): void => turns.checkSettled(who, variables)

  test('take turns in their order; others do not wait', async () => {
    const { notes, call } = noting()
    const calls = [
      exclusively([a], call('one', 5)),
      exclusively([a, b], call('two', 3)),
      exclusively([b], call('three')),
      exclusively([{}], call('other')),
    ]
    expect(await Promise.all(calls)).toEqual(['one', 'two', 'three', 'other'])
    expect(notes.filter((note) => !note.startsWith('other'))).toEqual(
      'one+ one- two+ two- three+ three-'.split(' '),
    )
    expect(notes.indexOf('other-')).toBeLessThan(notes.indexOf('one-'))
  })

  test('go on after one that fails', async () => {
    const failing = exclusively([a], async () => {
      throw new Error('it fails')
    })
    const next = exclusively([a], async () => 'next')
    await expect(failing).rejects.toThrow('it fails')
    expect(await next).toBe('next')
  })

  test('within another do not wait for it, only for each other; it ends after all of them', async () => {
    const { notes, call } = noting()
    const outer = exclusively([a], async () => {
      void exclusively([a], call('inner', 3)) // nobody waits for it
      await exclusively([a, b], call('second'))
      void exclusively([a], call('late'))
    })
    await Promise.all([outer, exclusively([a], call('after'))])
    const expected = 'inner+ inner- second+ second- late+ late- after+ after-'
    expect(notes).toEqual(expected.split(' '))
  })

  test.runIf(followsCalls)(
    'that would wait for each other for ever are refused, and the first ends',
    async () => {
      const within = (first: object, second: object): Promise<string> =>
        exclusively([first], async () => {
          await pause()
          return exclusively([second], async () => 'done')
        })
      const ends = await Promise.allSettled([within(a, b), within(b, a)])
      expect(ends.map(({ status }) => status)).toEqual(['fulfilled', 'rejected'])
      expect(String((ends[1] as PromiseRejectedResult).reason)).toBe(
        'ArgumentError: task: wanted calls that can end, got two that wait for each other; ' +
          'make one after the other, or use the models in the same order in both',
      )
      expect(await exclusively([a, b], async () => 'free')).toBe('free')
    },
  )

  test('stop waiting when they are aborted; those that wait for them still wait for the others', async () => {
    const { notes, call } = noting()
    const stop = new AbortController()
    const first = exclusively([a], call('first', 5))
    const aborted = exclusively([a, b], call('aborted'), { signal: stop.signal })
    const later = exclusively([b], call('later'))
    stop.abort(new Error('enough'))
    await expect(aborted).rejects.toThrow('enough')
    expect(notes).toEqual(['first+'])
    await Promise.all([first, later])
    expect(notes).toEqual('first+ first- later+ later-'.split(' '))
  })

  test('know whose call they are within, until it ends', async () => {
    const owner = {}
    let later: Promise<boolean> | undefined
    await exclusively(
      [a],
      async () => {
        expect(isWithinCallOf(owner)).toBe(true)
        await exclusively([b], async () => expect(isWithinCallOf(owner)).toBe(true))
        later = pause(5).then(() => isWithinCallOf(owner))
      },
      { owner },
    )
    expect(isWithinCallOf(owner)).toBe(false)
    expect(await later).toBe(false)
  })

  test('cannot read variables meanwhile that another call changes', async () => {
    const changing = exclusively(
      [a],
      async () => {
        checkSettled('save', [a])
        await pause()
      },
      { changes: true },
    )
    expect(() => checkSettled('save', [b, a])).toThrow(
      'save: wanted the weights between calls, got them during a step, an evaluation or a test that changes them for a while; await it first',
    )
    checkSettled('save', [b])
    await changing
    checkSettled('save', [a])
  })

  test('come from elsewhere while one waits for its inner call, and take turns', async () => {
    const { notes, call } = noting()
    const [begun, gate] = [later(), later()]
    const outer = exclusively([a], async () => {
      await pause()
      const both = [exclusively([a], call('first')), exclusively([b], call('second'))]
      await Promise.all(both)
      const waiting = async (): Promise<void> => {
        begun.resolve()
        await gate.promise
      }
      await exclusively([a], waiting, { isLeaf: true })
      await exclusively([a], call('third'))
    })
    await begun.promise
    const other = exclusively([a], call('other'))
    gate.resolve()
    await Promise.all([outer, other])
    const order = notes.filter((note) => !note.startsWith('second'))
    expect(order).toEqual('first+ first- third+ third- other+ other-'.split(' '))
  })

  test('come from elsewhere while one waits apart, for a compilation or data, and take turns', async () => {
    const { notes, call } = noting()
    const [begun, gate, owner] = [later(), later(), {}]
    const outer = exclusively(
      [a, b],
      async () => {
        await exclusively([a], call('first'))
        await turns
          .apart([a], async () => {
            expect(isWithinCallOf(owner)).toBe(true) // before it waits for anything
            begun.resolve()
            await gate.promise
            throw new Error('it fails')
          })
          .catch(() => {})
        expect(isWithinCallOf(owner)).toBe(true)
        await exclusively([b], call('second'))
      },
      { owner, changes: true },
    )
    await begun.promise
    expect(isWithinCallOf(owner)).toBe(false)
    expect(() => checkSettled('save', [a])).toThrow('save: wanted the weights between calls')
    const other = exclusively([b], call('other'))
    const apart = turns.apart([a], async () => 'outside of all calls')
    expect(await apart).toBe('outside of all calls')
    gate.resolve()
    await Promise.all([outer, other])
    expect(notes).toEqual('first+ first- second+ second- other+ other-'.split(' '))
  })
})
