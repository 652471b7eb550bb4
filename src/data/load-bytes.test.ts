import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import { parseCsv } from './formats/csv.ts'
import { encodeNpz, parseNpz } from './formats/npz.ts'
import { loadBytes } from './load-bytes.ts'

const text = 'a,b,k\n1,2,x\n3,4,y\n'
const bytes = new TextEncoder().encode(text)

async function* pieces() {
  yield bytes.subarray(0, 7)
  yield bytes.subarray(7)
}

test.each([
  ['bytes', () => bytes],
  ['an ArrayBuffer', () => bytes.slice().buffer],
  ['a Blob', () => new Blob([bytes])],
  ['a Response', () => new Response(bytes)],
  ['a ReadableStream', () => new Response(bytes).body!],
  ['an async iterable', pieces],
  ['a URL', () => new URL(`data:text/csv,${encodeURIComponent(text)}`)],
])('%s gives the examples of the text', async (_, source) => {
  const read = parseCsv(await loadBytes(source()), 'a.csv', { label: 'k' })
  expect(read).toEqual(parseCsv(text, 'a.csv', { label: 'k' }))
})

test('an archive from a Blob has the arrays that were written', async () => {
  const array = { data: Float32Array.of(1, 2, 3), shape: [3] }
  const blob = new Blob([new Uint8Array(encodeNpz({ w: array }))])
  expect(parseNpz(await loadBytes(blob), 'w.npz').w).toMatchObject(array)
})

test('an empty Response has no bytes', async () => {
  expect(await loadBytes(new Response(null))).toHaveLength(0)
})

test('what is no source is refused by name', async () => {
  await expect(loadBytes('iris.csv' as never)).rejects.toThrow(
    'loadBytes: wanted bytes, a File, a Blob, a Response, a URL or a stream of bytes, got "iris.csv"; ' +
      'write new URL(…) around an address',
  )
  const texts = (async function* () {
    yield 'a,b'
  })()
  await expect(loadBytes(texts as never)).rejects.toThrow(
    'loadBytes: wanted pieces of bytes, got "a,b"; encode texts with TextEncoder',
  )
})

test('a server that has no such file is named, and an abort stops a download that never ends', async () => {
  const server = createServer(({ url }, response) => {
    if (url === '/endless') response.write('a,b\n')
    else response.writeHead(404).end()
  }).listen(0)
  try {
    const base = `http://localhost:${(server.address() as AddressInfo).port}`
    await expect(loadBytes(new URL(`${base}/none.csv`))).rejects.toThrow(
      `loadBytes: wanted the bytes of ${base}/none.csv, got status 404; check the address`,
    )
    const stop = new AbortController()
    setTimeout(() => stop.abort(new Error('closed')), 50)
    await expect(loadBytes(new URL(`${base}/endless`), { signal: stop.signal })).rejects.toThrow('closed')
    await expect(loadBytes(bytes, { signal: stop.signal })).rejects.toThrow('closed')
  } finally {
    server.closeAllConnections()
    server.close()
  }
})
