import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, expect, test } from 'vitest'
import { csv } from './rules/csv.ts'
import { idx } from './rules/idx.ts'
import { images } from './rules/images.ts'
import { npy } from './rules/npy.ts'
import { parquet } from './rules/parquet.ts'
import { arrays, type Reader, removeFolder, summary } from './rules/reading.ts'

// The table under "Rules of the readers" in docs/data.md is this test: each of its examples is run.

/** The readers that examples call, by the name they have in the table. */
const readers: Readonly<Record<string, Reader>> = { arrays, csv, idx, images, npy, parquet }

/** Functions and values that examples may use besides the readers. */
const helpers: Readonly<Record<string, unknown>> = {
  bytes: (...parts: (string | number | Uint8Array)[]) =>
    Buffer.concat(parts.map((part) => (typeof part === 'number' ? Buffer.of(part) : Buffer.from(part)))),
  utf16: (text: string) => Buffer.from(text, 'utf16le'),
  gzip: (text: string) => gzipSync(text),
}

afterAll(removeFolder)

interface Row {
  readonly rule: string
  readonly example: string
  readonly result: string
}

/** Returns the rows of the table of rules. An empty first cell continues the rule of the row before. */
function rowsOf(page: string): Row[] {
  const section = page.split(/^## /m).find((part) => part.startsWith('Rules of the readers\n'))!
  const lines = section.split('\n').filter((line) => line.startsWith('|'))
  let rule = ''
  return lines.slice(2).map((line) => {
    const cells = line.split(/(?<!\\)\|/).map((cell) => cell.trim().replaceAll('\\|', '|'))
    expect(cells, `a row of three cells: ${line}`).toHaveLength(5)
    rule = cells[1] || rule
    return { rule, example: codeIn(cells[2]!), result: cells[3]! }
  })
}

const codeIn = (cell: string): string => /^`+ ?(.*?) ?`+$/.exec(cell)?.[1] ?? expect.unreachable(cell)

const rows = rowsOf(readFileSync(join(import.meta.dirname, '../../docs/data.md'), 'utf8'))

function evaluate(code: string, names: Readonly<Record<string, unknown>>): unknown {
  return new Function(...Object.keys(names), `return (${code})`)(...Object.values(names))
}

test.each(rows)('$rule: $example', async ({ example, result }) => {
  const read = async () => summary((await evaluate(example, { ...readers, ...helpers })) as never)
  if (result.startsWith('error ')) {
    const message = await read().then(JSON.stringify, (error: Error) => error.message)
    expect(message).toBe(codeIn(result.slice('error '.length)))
  } else {
    expect(await read()).toMatchObject(evaluate(codeIn(result), {}) as object)
  }
})

test('every reader has rules', () => {
  const called = rows.map(({ example }) => /^\w+/.exec(example)![0])
  expect([...new Set(called)].sort()).toEqual(Object.keys(readers).sort())
})
