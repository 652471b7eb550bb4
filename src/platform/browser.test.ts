import { randomBytes } from 'node:crypto'
import { deflateRawSync, gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import * as inBrowser from './browser.ts'
import * as inNode from './node.ts'

const [browser, node]: readonly [typeof inNode, typeof inNode] = [inBrowser, inNode]

const text = 'γ and β, '.repeat(20_000)
const bytes = new TextEncoder().encode(text)
const noise = new Uint8Array(randomBytes(150_000))

describe('a browser computes what Node.js computes', () => {
  test('SHA-256 of texts and of views, in pieces', () => {
    const numbers = Float32Array.from({ length: 1000 }, (_, i) => i / 7)
    const hashOf = ({ sha256 }: typeof inNode): string =>
      sha256().update('ε = 1e-5').update(numbers.subarray(3, 900)).update('').update(noise).hex()
    expect(hashOf(browser)).toBe(hashOf(node))
    // FIPS 180-4's example of one block
    expect(browser.sha256().update('abc').hex()).toBe(
      'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
    )
  })

  test('CRC-32 of a text, of bytes, and of bytes after others', () => {
    expect(browser.crc32('123456789')).toBe(0xcbf43926) // the check value of CRC-32/ISO-HDLC
    expect(browser.crc32('')).toBe(0)
    for (const value of [text, bytes, noise]) expect(browser.crc32(value)).toBe(node.crc32(value))
    const start = browser.crc32(noise.subarray(0, 777))
    expect(browser.crc32(noise.subarray(777), start)).toBe(node.crc32(noise))
  })

  test.each([
    ['gunzip', gzipSync],
    ['inflateRaw', deflateRawSync],
  ] as const)('%s of text and of noise, whole, from the start, and up to a limit', (name, compress) => {
    for (const content of [bytes, noise, new Uint8Array()]) {
      const packed = new Uint8Array(compress(content))
      const inflated = browser[name](packed)
      expect(Buffer.compare(inflated, content)).toBe(0)
      expect(browser[name](packed, { most: Math.max(1, content.length) })).toHaveLength(content.length)
    }
    const packed = new Uint8Array(compress(noise))
    for (const platform of [browser, node]) {
      const start = platform[name](packed.subarray(0, 100_000), { isStart: true })
      expect(start.length).toBeGreaterThan(60_000)
      expect(Buffer.compare(start, noise.subarray(0, start.length))).toBe(0)
      const tooMany = expect.objectContaining({ code: 'ERR_BUFFER_TOO_LARGE' })
      expect(() => platform[name](packed, { most: noise.length - 1 })).toThrow(tooMany)
      expect(() => platform[name](packed.subarray(0, 100_000))).toThrow()
      expect(() => platform[name](Uint8Array.of(0b111, 0, 0, 0))).toThrow() // no such kind of block, nor gzip
      if (name === 'gunzip') {
        const twice = new Uint8Array([...compress(bytes), ...compress(noise)])
        expect(platform.gunzip(twice)).toHaveLength(bytes.length + noise.length)
        expect(() => platform.gunzip(twice.with(compress(bytes).length - 8, 1))).toThrow()
        expect(() => platform.gunzip(packed.with(packed.length - 6, 1))).toThrow() // its checksum
        expect(() => platform.gunzip(packed.with(packed.length - 2, 1))).toThrow() // its length
      }
    }
  })

  test('data that expand without bound are refused long before they are decompressed', () => {
    const bomb = new Uint8Array(gzipSync(new Uint8Array(5_000_000)))
    expect(() => browser.gunzip(bomb, { most: 1000 })).toThrow(RangeError)
  })

  test('deflateRaw, which the other inflates', () => {
    expect(Buffer.compare(node.inflateRaw(browser.deflateRaw(bytes)), bytes)).toBe(0)
    expect(Buffer.compare(browser.inflateRaw(node.deflateRaw(bytes)), bytes)).toBe(0)
  })

  test('the context of calls, nested', () => {
    for (const { callContext } of [browser, node]) {
      const context = callContext<string>()
      const seen: unknown[] = []
      const see = (): unknown => seen.push(context.getStore())
      see()
      expect(context.run('outer', () => [see(), context.run('inner', see), see()])).toHaveLength(3)
      see()
      expect(() =>
        context.run('throws', () => {
          throw new Error('no')
        }),
      ).toThrow('no')
      see()
      expect(seen).toEqual([undefined, 'outer', 'inner', 'outer', undefined, undefined])
    }
  })

  test('the context of calls that wait for something, which only Node.js follows', async () => {
    for (const { callContext, followsCalls } of [browser, node]) {
      const context = callContext<string>()
      const later = await context.run('call', async () => {
        expect(context.getStore()).toBe('call')
        await null
        return context.getStore()
      })
      expect(later).toBe(followsCalls ? 'call' : undefined)
    }
  })
})

test('in a browser, a pause lets timers run', async () => {
  let ran = false
  setTimeout(() => {
    ran = true
  })
  await browser.pause()
  expect(ran).toBe(true)
})
