import { expect, test } from 'vitest'
import { escapeMarkdown } from './escape.ts'

test.each([
  ['https://a.b/c', 'https:\\//a.b/c'],
  ['see HTTP://a.b and ftp://c.d', 'see HTTP:\\//a.b and ftp:\\//c.d'],
  ['www.a.b, WWW.c.d', 'www\\.a.b, WWW\\.c.d'],
  ['lr: 0.1, a ratio 1:2, awww.', 'lr: 0.1, a ratio 1:2, awww.'],
])('an address in Markdown becomes no link: %s', (text, escaped) => {
  expect(escapeMarkdown(text)).toBe(escaped)
})
