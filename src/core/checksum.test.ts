import { expect, test } from 'vitest'
import { checkedJson, withChecksum } from './checksum.ts'

const value = { status: 'done', metrics: { loss: 0.25, 7: null }, text: 'a,"crc32":1}' }

test('JSON with a checksum comes back, and stays JSON', () => {
  const text = withChecksum(value, '3')
  expect(checkedJson(text, '3')).toEqual(value)
  expect(JSON.parse(text)).toEqual({ ...value, crc32: expect.any(Number) })
})

test.each([0, 2])(
  'a change of any one character, indented by %i, gives nothing or what was written',
  (indent) => {
    const text = withChecksum(value, '3', indent)
    expect(checkedJson(`${text}\n`, '3')).toEqual(value)
    for (let at = 0; at < text.length; at++) {
      for (const bit of [1, 2, 4, 16]) {
        const changed = String.fromCharCode(text.charCodeAt(at) ^ bit)
        const got = checkedJson(text.slice(0, at) + changed + text.slice(at + 1), '3')
        if (got !== undefined) expect(got).toMatchObject(value)
      }
    }
    expect(checkedJson(text, '4')).toBeUndefined()
  },
)

test('JSON without a checksum is read as it is', () => {
  expect(checkedJson('{"status":"done"}')).toEqual({ status: 'done' })
  expect(checkedJson('{"status":')).toBeUndefined()
})
