import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readOptions } from '../../core/options.ts'
import { CsvReader, parseCsv } from './csv.ts'
import { type CsvOptions, csvOptions } from './csv-options.ts'

const read = (text: string, options: CsvOptions = { label: 'kind' }) => parseCsv(text, 'a.csv', options)
const refuses = (text: string, message: string, options?: CsvOptions): void =>
  expect(() => read(text, options)).toThrow(message)

describe('a CSV file', () => {
  test('becomes a data set by the names of its columns', () => {
    const set = read('long, wide ,kind\n1,2,b\n3,-4.5e1, a\r\n')
    expect(Array.from(set.x.data, Number)).toEqual([1, 2, 3, -45])
    expect([set.length, set.x.shape, set.x.dtype, set.y.dtype]).toEqual([2, [2], 'float32', 'int32'])
    expect([set.classNames, Array.from(set.y.data, Number), set.classes]).toEqual([['a', 'b'], [1, 0], 2])
    expect(set.featureNames).toEqual(['long', 'wide'])
  })

  test('or by their numbers, in any order, shape and dtype', () => {
    const set = read('5;1;2;3;4\n6;5;6;7;8\n', {
      header: false,
      delimiter: ';',
      target: 0,
      features: [-1, 3, 2, 1],
      shape: [1, 2, 2],
      dtype: 'float64',
    })
    expect([set.x.data, set.x.shape]).toEqual([Float64Array.of(4, 3, 2, 1, 8, 7, 6, 5), [1, 2, 2]])
    expect([set.y.data, set.y.shape, set.classes]).toEqual([Float64Array.of(5, 6), [], undefined])
    expect(read('a,b,c\n1,2,3\n', { target: ['c', 'a'] }).y).toEqual({
      data: Float32Array.of(3, 1),
      shape: [2],
      dtype: 'float32',
    })
  })

  test('knows labels that are numbers, and sorts others as numbers or text', () => {
    const classes = (text: string): unknown => {
      const { classNames, y, classes } = read(`x,kind\n${text.replace(/^/gm, '1,')}`)
      return [classNames, Array.from(y.data, Number), classes]
    }
    expect(classes('1\n0\n2')).toEqual([undefined, [1, 0, 2], 3])
    expect(classes('10\n9\n10')).toEqual([['9', '10'], [1, 0, 1], 2])
    expect(classes('z\nä\nz')).toEqual([['z', 'ä'], [0, 1, 0], 2])
    const given: CsvOptions = { label: 'kind', classNames: ['no', 'yes', 'maybe'] }
    expect(read('x,kind\n1,yes\n', given).classes).toBe(3)
  })

  test('may be quoted, have a byte-order mark, blank lines and any line ends', () => {
    for (const end of ['\n', '\r\n', '\r']) {
      const text = ['\ufeffx,"the, ""kind"""', '', '"1","a', 'b"', ' ', '2,"c"', ''].join(end)
      const set = read(text, { label: 'the, "kind"' })
      expect(set.classNames).toEqual([`a${end}b`, 'c'])
    }
  })

  test('says where what is wrong', () => {
    refuses('x,kind\n1,a\n\n2x,a\n', 'a.csv: wanted a number at line 4, column x, got "2x"')
    refuses(
      'x,kind\n"\n1",a\nInfinity,a\n',
      'a.csv: wanted a finite number at line 4, column x, got "Infinity"',
    )
    refuses('1,a\nb,a\n', 'a.csv: wanted a number at line 2, column 0 from 0, got "b"', {
      header: false,
      label: 1,
    })
    refuses('x,kind\n1,a\n2\n', 'a.csv: wanted 2 values at line 3, got 1; the header has 2 names')
    refuses('x,kind\n1,c\n', 'a.csv: wanted one of a, b at line 2, column kind, got "c"', {
      label: 'kind',
      classNames: ['a', 'b'],
    })
    refuses('x,kind\n1,2\n', 'a.csv: wanted a label from 0 to 1 at line 2, column kind, got "2"', {
      label: 'kind',
      classes: 2,
    })
    refuses(
      'x,kind\n1,"a\n',
      'a.csv: wanted a closing quote for each opening one, got a row without one from line 2 on',
    )
    refuses('x,kind\n', 'a.csv: wanted at least one row of values, got none')
    refuses('', 'a.csv: wanted at least one row of values, got none')
  })

  test('has columns that are there', () => {
    refuses('x,kind\n1,a\n', 'a.csv: wanted a column that is one of x, kind, got kin; did you mean kind?', {
      label: 'kin',
    })
    refuses('1,2\n', 'a.csv: wanted a column from -2 to 1, got 2', { header: false, label: 2 })
    refuses('1,2\n', 'a.csv: wanted columns by index, for they have no names, got "y"', {
      header: false,
      label: 'y',
    })
    const neither =
      'a.csv: wanted either label, the column of classes, or target, that of numbers, got neither'
    refuses('x,kind\n1,a\n', neither, {})
    refuses('kind\na\n', 'a.csv: wanted two columns or more, got one, "kind"; check delimiter')
    const unknownDelimiter =
      "parseCsv: wanted delimiter as one character, no quote or line end, or 'whitespace' for one or more " +
      'blanks or tabs, got "--"'
    refuses('x,kind\n1,2\n', unknownDelimiter, {
      label: 'kind',
      delimiter: '--',
    })
  })

  test('may miss values, when one says what becomes of them', () => {
    const text = 'x,y,kind\n1,2,a\n,5,b\n3,NA,a\n6,7,?\n8,9,c\n'
    refuses(
      text,
      'a.csv: wanted a value at line 3, column x, got ""; ' +
        "leave such rows out with missing: 'drop', or give a number for missing features",
    )
    const dropped = read(text, { label: 'kind', missing: 'drop' })
    expect([Array.from(dropped.x.data, Number), dropped.classNames]).toEqual([
      [1, 2, 8, 9],
      ['a', 'c'],
    ])
    const filled = read(text.replace('?', 'a'), { label: 'kind', missing: -1 })
    expect(Array.from(filled.x.data, Number)).toEqual([1, 2, -1, 5, 3, -1, 6, 7, 8, 9])
    refuses(
      text,
      'a.csv: wanted a value at line 5, column kind, got "?"; ' +
        "leave such rows out with missing: 'drop', or give a number for missing features",
      { label: 'kind', missing: 0 },
    )
  })
})

test('a CSV file is read alike, wherever its bytes are cut', () => {
  const text = '\ufeff# é\r\na , "k" # 1\r\r\n1,"ü ""1"", \r\n😀"\n\n2, "b"\r3,ж'
  const options = readOptions('csv', csvOptions, { label: 'k', comment: '#' })
  const set = (pieces: Uint8Array[]) => new CsvReader('a.csv', options).dataset(pieces)
  for (const bytes of [Buffer.from(text), Buffer.from(text, 'utf16le')]) {
    const whole = set([bytes])
    expect([whole.classNames, Array.from(whole.x.data, Number)]).toEqual([
      ['b', 'ü "1", \r\n😀', 'ж'],
      [1, 2, 3],
    ])
    for (let at = 0; at <= bytes.length; at++) {
      expect(set([bytes.subarray(0, at), bytes.subarray(at)])).toEqual(whole)
    }
    expect(set(Array.from(bytes, (byte) => Uint8Array.of(byte)))).toEqual(whole)
  }
  const bad = Buffer.concat([Buffer.from('a,k\r\n1,ü\r2,x\n\n3,'), Uint8Array.of(0x80, 0x0a)])
  for (let at = 0; at <= bad.length; at++) {
    const cut = [bad.subarray(0, at), bad.subarray(at)]
    expect(() => set(cut)).toThrow('a.csv: wanted text in UTF-8, got other bytes at line 5')
  }
})

test('a long value that comes in many pieces costs little more than one in one piece', () => {
  const pieces = ['a,k\n1,"', ...Array<string>(20_000).fill('x'.repeat(64)), '"\n']
  const before = process.cpuUsage()
  const set = new CsvReader('a.csv', readOptions('csv', csvOptions, { label: 'k' })).dataset(pieces)
  expect(set.classNames![0]).toHaveLength(20_000 * 64)
  expect(process.cpuUsage(before).user / 1e6).toBeLessThan(1.5) // seconds: 0.1, or 10 if each piece were parsed
})

test('a damaged CSV file is refused, or read as what it says, never anything else', () => {
  const text = `x,y,kind\n${Array.from({ length: 8 }, (_, i) => `${i}.5,"${i}",${'ab'[i % 2]}`).join('\r\n')}\n`
  fc.assert(
    fc.property(
      fc.nat(text.length),
      fc.nat(3),
      fc.string({ unit: fc.constantFrom(...',"\n\r.;ax1-\0'), maxLength: 3 }),
      (at, cut, put) => {
        const changed = text.slice(0, at) + put + text.slice(at + cut)
        try {
          const set = read(changed)
          expect(Array.from(set.x.data, Number).every(Number.isFinite)).toBe(true)
          expect(set.x.data.length).toBe(set.length * set.featureNames!.length)
        } catch (error) {
          expect((error as Error).message).toMatch(/^a\.csv: wanted /)
        }
      },
    ),
    { numRuns: 1500 },
  )
})
