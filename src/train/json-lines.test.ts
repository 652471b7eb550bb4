import { expect, test } from 'vitest'
import { jsonLines } from './json-lines.ts'

/** Reads JSON lines that come in the given pieces; returns the rows and their lines. */
async function read(...pieces: (string | Uint8Array)[]) {
  const bytes = async function* () {
    for (const piece of pieces) yield typeof piece === 'string' ? new TextEncoder().encode(piece) : piece
  }
  const [rows, lines]: [unknown[], number[]] = [[], []]
  for await (const found of jsonLines('rows.jsonl', bytes())) {
    rows.push(...(found.rows as unknown[]))
    lines.push(...found.lines)
  }
  return { rows, lines }
}

test('rows may be cut anywhere and end with LF, CR LF or CR; blank lines count but are no rows', async () => {
  const text = '\ufeff{"a":"é"}\r\n\r\n[1,2]\r[3]\n\n{"b":{}}'
  const whole = { rows: [{ a: 'é' }, [1, 2], [3], { b: {} }], lines: [1, 3, 4, 6] }
  expect(await read(text)).toEqual(whole)
  const bytes = new TextEncoder().encode(text)
  for (let size = 1; size < bytes.length; size++) {
    const pieces = Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) =>
      bytes.subarray(i * size, (i + 1) * size),
    )
    expect(await read(...pieces)).toEqual(whole)
  }
})

test('bytes that are not UTF-8 are refused', async () => {
  await expect(read('[1]\n', Uint8Array.of(0x5b, 0x22, 0xff, 0x22, 0x5d, 10))).rejects.toThrow(
    'rows.jsonl: line 2: wanted JSON, got "[\\""',
  )
})
