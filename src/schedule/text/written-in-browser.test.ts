import { expect, test } from 'vitest'
import { writtenSchedule } from './written-in-browser.ts'

test('in a browser, an option refuses a schedule as text or plain JSON, and says what to write', () => {
  expect(() => writtenSchedule('cosine 0.1 to 0 over 100')).toThrow(
    'schedule: wanted a number or a schedule, got "cosine 0.1 to 0 over 100"; ' +
      'in a browser write schedule.parse(…) around a text or plain JSON',
  )
  expect(() => writtenSchedule({ type: 'constant', value: 0.1 })).toThrow(
    'schedule: wanted a number or a schedule, got {"type":"constant","value":0.1}; ' +
      'in a browser write schedule.parse(…) around a text or plain JSON',
  )
})
