import { expect, test } from 'vitest'
import * as evenstep from '../src/index.ts'

// An error names the function that was called, not another public one that this calls.

type Anything = (...given: readonly unknown[]) => unknown

/** Functions and classes by their path, such as `data.npz`. */
function publicOf(path: string, value: unknown, found: Map<unknown, string>): Map<unknown, string> {
  if (typeof value === 'function' && !found.has(value)) found.set(value, path)
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    for (const [key, one] of Object.entries(value)) publicOf(path ? `${path}.${key}` : key, one, found)
  }
  return found
}

const all = [...publicOf('', { ...evenstep }, new Map())].map(([f, path]) => ({ path, f: f as Anything }))
const lastOf = (path: string): string => path.split('.').at(-1)!
const names = new Set(all.map(({ path }) => lastOf(path)))

/** What describes a thing as a text or JSON is named after that thing, whoever reads it. */
const described = ['schedule.parse', 'table', 'experiment', 'study', 'dataset']

const x = evenstep.constant([1, 2], [2])
const bytes = new Uint8Array(3)
/** A path at which nothing can be made. */
const nowhere = '/dev/null/nowhere'
const wrong: readonly (readonly unknown[])[] = [[], [nowhere], [{}], [x], [x, 3], [[], 3], [bytes, nowhere]]

async function errorOf(f: Anything, given: readonly unknown[]): Promise<string> {
  try {
    const isClass = /^(?:default_)?class\b/.test(Function.prototype.toString.call(f))
    const value = isClass ? Reflect.construct(f as never, given) : await f(...given)
    if (typeof value === 'object' && value !== null && 'next' in value) await (value as AsyncGenerator).next()
    return ''
  } catch (error) {
    return (error as Error).message
  }
}

test('errors name the function that was called', async () => {
  const strays = new Set<string>()
  for (const { path, f } of all) {
    for (const given of wrong) {
      const message = await errorOf(f, given)
      const [, who = ''] = /^([\w.]+): wanted/.exec(message) ?? []
      const isOther = names.has(lastOf(who)) && !`.${path}`.endsWith(`.${who}`)
      if (isOther && !described.includes(who)) strays.add(`${path} said "${message}"`)
    }
  }
  expect(all.length).toBeGreaterThan(400)
  expect([...strays]).toEqual([])
})
