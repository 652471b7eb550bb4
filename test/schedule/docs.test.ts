import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import * as schedule from '../../src/schedule/index.ts'

const guide = readFileSync(new URL('../../docs/schedules.md', import.meta.url), 'utf8')

test('the guide names every type, controller and function that is exported', () => {
  const names = Object.entries(schedule).flatMap(([name, value]) =>
    typeof value === 'function' ? [name] : [],
  )
  const internal = ['isSchedule', 'parseController', 'fold']
  for (const name of names) if (!internal.includes(name)) expect(guide, name).toContain(`${name}`)
  for (const { type } of schedule.kinds) expect(guide).toMatch(new RegExp(`\`${type}\\(`))
})

test('the short texts of the guide are of the types that it says', () => {
  const block = guide.slice(guide.indexOf('### Short text'), guide.indexOf('## On the command line'))
  const lines = [...block.matchAll(/^(\S.*?\S) {2,}(\w+)/gm)]
  expect(lines.length).toBeGreaterThan(9)
  for (const [, text, type] of lines) {
    if (type !== 'any' && type !== 'with' && type !== 'its')
      expect(schedule.parse(text).spec.type, text).toBe(type)
    else expect(schedule.isSchedule(schedule.parse(text))).toBe(true)
  }
})
