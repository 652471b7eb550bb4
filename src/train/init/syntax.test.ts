import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, expect, test } from 'vitest'
import { writingOf } from './syntax.ts'

const folder = mkdtempSync(join(tmpdir(), 'evenstep-syntax-'))
afterAll(() => rmSync(folder, { recursive: true }))

// biome-ignore format: one case a line
test.each<[string, string | Uint8Array, object, object]>([
  ['commas', 'a,b\n1,2.5\n', {}, {}],
  ['commas, with a semicolon in each row', 'a,b;c\n1,2;3\n', {}, {}],
  ['commas in quotes', 'a;"b, c"\n1;"2, 3"\n', {}, { delimiter: ';' }],
  ['semicolons', 'a;b\n1;2\n', {}, { delimiter: ';' }],
  ['semicolons and decimal commas', 'a;b\n1,5;x\n-0,125;y', {}, { delimiter: ';', decimal: ',' }],
  ['a comma that may group digits', 'a;b\n1,234;x\n', {}, { delimiter: ';' }],
  ['a decimal point beside commas', 'a;b\n1,25;x\n2.5;y\n', {}, { delimiter: ';' }],
  ['tabs', 'a\tb\r\n1\t2\r\n', {}, { delimiter: '\t' }],
  ['bars', 'a|b\n1|2\n', {}, { delimiter: '|' }],
  ['Excel’s first line', 'sep=;\r\na;b\r\n1;2\r\n', {}, { delimiter: ';', skip: 1 }],
  ['UTF-16 and a mark', Buffer.from('\ufeffa;b\n1;2\n', 'utf16le'), {}, { delimiter: ';' }],
  ['gzip', gzipSync('a;b\n1;2\n'), {}, { delimiter: ';' }],
  ['a tab that is told', 'a\tb\n1,5\t2\n', { delimiter: 'tab' }, { delimiter: '\t', decimal: ',' }],
  ['a tab told as an escape, and a point', 'a\tb\n1,5\t2\n', { delimiter: '\\t', decimal: '.' }, { delimiter: '\t' }],
  ['a comma that is told', 'a;b,c\n1;2,3\n', { delimiter: ',' }, {}],
  ['a single column', 'a\n1\n', {}, {}],
  ['a long row', `a;b\n1;2\n${'x'.repeat(1 << 17)};3\n`, {}, { delimiter: ';' }],
  ['nothing', '', {}, {}],
  ['an open quote', 'a,b\n"1,2\n', {}, {}],
])('%s', (name, text, told, wanted) => {
  const path = join(folder, `${name}.csv`)
  writeFileSync(path, text)
  expect(writingOf(path, told)).toEqual(wanted)
})
