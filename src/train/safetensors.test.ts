import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { toy } from '../../test/support/toy.ts'
import { readSafetensors, type Stored, writeSafetensors } from './safetensors.ts'
import { taskOf } from './train.ts'

const tensors = new Map<string, Stored>([
  ['weight', { dtype: 'float32', shape: [2, 3], data: Float32Array.of(1, -2, 3.5, 4, 5, 6) }],
  ['steps', { dtype: 'int64', shape: [], data: BigInt64Array.of(-7n) }],
  ['mask', { dtype: 'bool', shape: [3], data: Uint8Array.of(1, 0, 1) }],
  ['empty', { dtype: 'float64', shape: [0, 4], data: new Float64Array(0) }],
  ['größe', { dtype: 'int32', shape: [1], data: Int32Array.of(9) }],
])

test('tensors come back as they were', () => {
  expect(readSafetensors(writeSafetensors(tensors), 'a')).toEqual(tensors)
})

test('tensors may lie in any order, an empty one at the place of another, beside metadata', () => {
  const header =
    '{"b":{"dtype":"F32","shape":[1],"data_offsets":[4,8]},"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},' +
    '"none":{"dtype":"F32","shape":[0],"data_offsets":[4,4]},"__metadata__":{"format":"pt"}}'
  const bytes = new Uint8Array(16 + header.length)
  new DataView(bytes.buffer).setBigUint64(0, BigInt(header.length), true)
  bytes.set(new TextEncoder().encode(header), 8)
  new DataView(bytes.buffer).setFloat32(8 + header.length + 4, 2.5, true)
  const read = readSafetensors(bytes, 'a')
  expect(Object.fromEntries([...read].map(([name, { data }]) => [name, [...data]]))).toEqual({
    a: [0],
    none: [],
    b: [2.5],
  })
})

test('each tensor is read into memory of its own: where numbers start decides how sums of them round', () => {
  for (const { data } of readSafetensors(writeSafetensors(tensors), 'a').values()) {
    expect([data.byteOffset, data.buffer.byteLength]).toEqual([0, data.byteLength])
  }
})

test('the header is padded to 8 bytes, and says type, shape and place', () => {
  const { variables } = taskOf(toy())
  const file = writeSafetensors(variables)
  const size = Number(new DataView(file.buffer).getBigUint64(0, true))
  expect(size % 8).toBe(0)
  const header = JSON.parse(new TextDecoder().decode(file.subarray(8, 8 + size)))
  expect(header['fc1.weight']).toEqual({ dtype: 'F32', shape: [8, 2], data_offsets: [0, 64] })
  expect(header['bn.num_batches_tracked'].dtype).toBe('I64')
})

describe('a file that is not as it should be', () => {
  const file = (header: string, body = 0): Uint8Array => {
    const bytes = new Uint8Array(8 + header.length + body)
    new DataView(bytes.buffer).setBigUint64(0, BigInt(header.length), true)
    bytes.set(new TextEncoder().encode(header), 8)
    return bytes
  }
  test.each([
    [new Uint8Array(3), 'a: wanted a safetensors file, got 3 bytes; it is truncated or damaged'],
    [file('{}').subarray(0, 9), 'a: wanted a safetensors file, got 9 bytes; it is truncated or damaged'],
    [file('[]'), 'a: wanted a header in JSON, got something else; the file is damaged'],
    [
      file('{"w":{"dtype":"F8_E4M3","shape":[2],"data_offsets":[0,2]}}', 2),
      'a: wanted w of F32, F64, F16, BF16, I8, I16, I32, I64, U8, U16, U32, U64, BOOL, got F8_E4M3; save it as one of these',
    ],
    [
      file('{"w":{"dtype":"BOOL","shape":[2],"data_offsets":[0,2]}}'.padEnd(59), 2).fill(2, 8 + 59),
      'a: w: wanted booleans as 0 or 1, got 2',
    ],
    [
      file('{"w":{"dtype":"U64","shape":[1],"data_offsets":[0,8]}}', 8).fill(255, 8 + 54),
      'a: w: wanted integers below 2^63, got 18446744073709551615',
    ],
    [file('{"__metadata__":{"n":1}}'), 'a: wanted __metadata__ of texts, got {"n":1}; the file is damaged'],
    [
      file(
        '{"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"v":{"dtype":"F32","shape":[1],"data_offsets":[2,6]}}',
        6,
      ),
      'a: wanted v to start at byte 4, got 2',
    ],
    [
      Buffer.from(`PK\x03\x04${'\0'.repeat(26)}archive/data.pkl`),
      "a: wanted a safetensors file, got PyTorch's ZIP of pickles; " +
        'in Python, safetensors.torch.save_file(model.state_dict(), "model.safetensors")',
    ],
    [
      Uint8Array.of(0x80, 2, 0x8a, 10, 0, 0, 0, 0),
      "a: wanted a safetensors file, got a pickle, as PyTorch's older files are; " +
        'in Python, safetensors.torch.save_file(model.state_dict(), "model.safetensors")',
    ],
    [
      Uint8Array.of(0x89, 0x48, 0x44, 0x46, 13, 10, 26, 10),
      'a: wanted a safetensors file, got an HDF5 file, such as Keras saves; ' +
        'in Python, save its arrays with safetensors.numpy.save_file or numpy.savez',
    ],
    [
      file('{"w":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}', 4),
      'a: wanted a shape and a byte range that match for w, got {"dtype":"F32","shape":[2],"data_offsets":[0,4]}',
    ],
    [
      file('{"w":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}', 4),
      'a: wanted a shape and a byte range that match for w, got {"dtype":"F32","shape":[-1],"data_offsets":[0,4]}',
    ],
    [
      file('{"w":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}', 8),
      'a: wanted w to start at byte 0, got 4',
    ],
    [
      file('{"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}', 3),
      /^a: wanted 66 bytes, got 65; the file is truncated or damaged$/,
    ],
    [file(`{${'"a":0,'.repeat(400_000)}"b":0}`, 0), 'a: wanted up to 400000 keys, got more; split the file'],
  ])('is refused (%#)', (bytes, message) => {
    expect(() => readSafetensors(bytes, 'a')).toThrow(message)
  })

  test.each(['x.safetensors', undefined, [1, 2]])('takes bytes, not %j', (given) => {
    const got = JSON.stringify(given) ?? 'nothing'
    expect(() => readSafetensors(given as never, 'a')).toThrow(
      `readSafetensors: wanted the bytes of a file, got ${got}; such as fs.readFileSync(path)`,
    )
  })

  test('never crashes, hangs, or gives other numbers without a word', () => {
    const whole = writeSafetensors(tensors)
    const size = Number(new DataView(whole.buffer).getBigUint64(0, true))
    fc.assert(
      fc.property(
        fc.nat(8 + size - 1),
        fc.integer({ min: 1, max: 255 }),
        fc.nat(whole.length),
        fc.boolean(),
        (at, flip, end, cut) => {
          const bytes = whole.slice(0, cut ? end : undefined)
          if (at < bytes.length) bytes[at]! ^= flip
          try {
            const read = readSafetensors(bytes, 'a')
            // A change of a name or of a space is another file, which says something else.
            return [...read.values()].every(
              ({ data, shape }) => data.length === shape.reduce((a, b) => a * b, 1),
            )
          } catch (error) {
            return (error as Error).name === 'FormatError'
          }
        },
      ),
      { numRuns: 2000 },
    )
  })
})
