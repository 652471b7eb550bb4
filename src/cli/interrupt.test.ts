import { EventEmitter } from 'node:events'
import { describe, expect, test, vi } from 'vitest'
import { Signals } from './interrupt.ts'

/** A process that can be signalled at a time, and the statuses that it was asked to exit with. */
function simulated() {
  const emitter = new EventEmitter()
  const exits: number[] = []
  const clock = { ms: 0 }
  const parent = { ppid: 7, isUnderNpm: true }
  const receiver = Object.assign(emitter, parent, { exit: (code: number) => exits.push(code) })
  const signals = new Signals(receiver, () => clock.ms)
  const send = (name: string, ms: number = clock.ms): void => {
    clock.ms = ms
    emitter.emit(name, name)
  }
  return { signals, exits, send, emitter, receiver }
}

const all = [
  ['SIGHUP', 129],
  ['SIGINT', 130],
  ['SIGTERM', 143],
  ['SIGBREAK', 149],
] as const

describe.each(all)('%s', (name, code) => {
  test(`ends a process that has nothing to save at once, with ${code}`, () => {
    const { signals, exits, send } = simulated()
    signals.listen()
    send(name)
    expect(exits).toEqual([code])
  })

  test(`asks a command that has work to save to save it, and end with ${code}`, () => {
    const { signals, exits, send } = simulated()
    signals.listen()
    const interrupt = signals.begin()
    expect([interrupt.signal.aborted, interrupt.exitCode]).toEqual([false, undefined])
    send(name)
    expect([interrupt.signal.aborted, interrupt.exitCode, exits]).toEqual([true, code, []])
  })
})

test('a second Ctrl-C within a second counts as the first, a later one ends the process at once', () => {
  const { signals, exits, send } = simulated()
  const { exitCode } = signals.begin()
  expect(exitCode).toBe(undefined)
  send('SIGINT', 0)
  send('SIGINT', 5)
  send('SIGINT', 1000)
  expect(exits).toEqual([])
  send('SIGINT', 1001)
  expect(exits).toEqual([130])
})

test.each([
  ['SIGINT', 'SIGTERM', 130],
  ['SIGINT', 'SIGHUP', 130],
  ['SIGTERM', 'SIGTERM', 143],
  ['SIGTERM', 'SIGINT', 143],
  ['SIGHUP', 'SIGTERM', 129],
])('%s and then %s still saves, and ends with %i', (first, second, code) => {
  const { signals, exits, send } = simulated()
  const interrupt = signals.begin()
  send(first, 0)
  send(second, 5000)
  send(second, 5000)
  expect([exits, interrupt.exitCode]).toEqual([[], code])
  interrupt.stop() // saved, but not ended yet
  send('SIGTERM')
  expect(exits).toEqual([])
})

test('after the work is done, signals end the process at once again', () => {
  const { signals, exits, send, emitter } = simulated()
  signals.listen()
  signals.begin().stop()
  send('SIGTERM')
  expect(exits).toEqual([143])
  expect(emitter.listenerCount('SIGTERM')).toBe(1)
})

test('a process that did not listen before a command has the defaults of the system again after it', () => {
  const { signals, emitter } = simulated()
  const interrupt = signals.begin()
  expect(emitter.listenerCount('SIGINT')).toBe(1)
  interrupt.stop()
  expect(emitter.listenerCount('SIGINT')).toBe(0)
})

test('a worker ignores signals: its parent ends it', () => {
  const { signals, exits, send } = simulated()
  signals.listen()
  signals.ignore()
  for (const [name] of all) send(name)
  expect(exits).toEqual([])
})

test('a closed output stops a command that has work to save, and no other', () => {
  const { signals } = simulated()
  expect(signals.outputClosed('SIGPIPE')).toBe(false)
  const interrupt = signals.begin()
  expect(signals.outputClosed('SIGPIPE')).toBe(true)
  expect([interrupt.signal.aborted, interrupt.exitCode]).toEqual([true, 141])
})

test('the end of the shell between npm and a command that has work to save counts as SIGTERM', () => {
  vi.useFakeTimers()
  try {
    const { signals, receiver } = simulated()
    const interrupt = signals.begin()
    vi.advanceTimersByTime(2000)
    expect(interrupt.signal.aborted).toBe(false)
    receiver.ppid = 1
    vi.advanceTimersByTime(500)
    expect([interrupt.signal.aborted, interrupt.exitCode]).toEqual([true, 143])
    interrupt.stop()
    expect(vi.getTimerCount()).toBe(0)
  } finally {
    vi.useRealTimers()
  }
})
