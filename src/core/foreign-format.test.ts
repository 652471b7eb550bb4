import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, expect, test } from 'vitest'
import { data, nn, train } from '../index.ts'

const folder = mkdtempSync(join(tmpdir(), 'evenstep-formats-'))
afterAll(() => rmSync(folder, { recursive: true }))

const model = nn.initialize(new nn.Sequential(new nn.Linear(2, 3)), 0)
const array = { shape: [2], data: Float32Array.of(1, 2) }
const zipped = (name: string): string => `PK\x03\x04${'\0'.repeat(26)}${name}`

const files: Readonly<Record<string, Uint8Array | string>> = {
  safetensors: train.writeSafetensors(nn.variables(model)),
  onnx: train.exportOnnx(model, { shape: [2], dtype: 'float32' }),
  npy: data.encodeNpy(array),
  npz: data.encodeNpz({ x: array }),
  torch: zipped('archive/data.pkl'),
  pickle: '\x80\x02}q\0.',
  excel: '\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1',
  zip: zipped('[Content_Types].xml'),
  hdf5: '\x89HDF\r\n\x1a\n',
  gguf: 'GGUF\x03\0\0\0',
  parquet: 'PAR1\x15\x04\x15\x04',
  idx: '\0\0\x08\x01\0\0\0\x01\x07',
  png: '\x89PNG\r\n\x1a\n',
  webp: 'RIFF\x24\0\0\0WEBPVP8 ',
  gzip: gzipSync('a,b\n1,2\n'),
  zstd: '\x28\xb5\x2f\xfd\x04\0\0\0',
  page: '<!DOCTYPE html>\n<title>404</title>',
  lfs: 'version https://git-lfs.github.com/spec/v1\noid sha256:0\n',
  empty: '',
  text: 'a,b,y\n1,2,x\n',
}

const advice: Readonly<Record<string, string>> = {
  safetensors: 'a safetensors file; use train.loadWeights',
  onnx: 'an ONNX file; use nn.fromOnnx',
  npy: 'an NPY file; use data.readNpy',
  npz: 'an NPZ file; use data.readNpz',
  torch:
    'PyTorch\'s ZIP of pickles; in Python, safetensors.torch.save_file(model.state_dict(), "model.safetensors")',
  pickle:
    'a pickle, as PyTorch\'s older files are; in Python, safetensors.torch.save_file(model.state_dict(), "model.safetensors")',
  excel: 'an Excel file; save the sheet as CSV',
  zip: 'a ZIP archive; unzip it or, if it is an Excel file, save the sheet as CSV',
  hdf5: 'an HDF5 file, such as Keras saves; in Python, save its arrays with safetensors.numpy.save_file or numpy.savez',
  gguf: 'a GGUF file; convert it to safetensors',
  parquet: 'a Parquet file; read it with data.parquet',
  idx: 'an IDX file; use data.readIdx',
  png: 'a picture; read a folder of pictures with data.imageFolder',
  webp: 'a picture; read a folder of pictures with data.imageFolder',
  gzip: 'a gzipped file; decompress it first',
  zstd: 'a file compressed by zstd; decompress it first (gzip alone is read)',
  page: 'an HTML page; check the address',
  lfs: 'a Git LFS pointer; run git lfs pull',
  empty: 'an empty file; load it again',
  text: 'a text; check the path',
}

interface Reader {
  readonly read: (path: string) => unknown
  readonly wanted: string
  /** Formats that this reader takes, or refuses in words of its own. */
  readonly own: readonly string[]
  /** Advice that only this reader gives. */
  readonly other?: Readonly<Record<string, string>>
}

const toOnnx = 'export the model with torch.onnx.export'

const readers: Readonly<Record<string, Reader>> = {
  loadWeights: {
    read: (path) => train.loadWeights(model, path),
    wanted: 'a safetensors file',
    own: ['safetensors'],
    other: { zip: 'a ZIP archive; unzip it' },
  },
  fromOnnx: {
    read: (path) => nn.fromOnnx(path as never),
    wanted: 'an ONNX file',
    own: ['onnx'],
    other: {
      torch: `PyTorch's ZIP of pickles; ${toOnnx}`,
      pickle: `a pickle, as PyTorch's older files are; ${toOnnx}`,
      zip: 'a ZIP archive; unzip it',
    },
  },
  readNpy: { read: data.readNpy, wanted: 'an NPY file', own: ['npy'] },
  readNpz: { read: data.readNpz, wanted: 'a ZIP archive', own: ['npz', 'torch', 'zip'] },
  readIdx: { read: data.readIdx, wanted: 'an IDX file', own: ['idx', 'gzip'] },
  parquet: {
    read: (path) => data.parquet(path, { label: 'y' }),
    wanted: 'a Parquet file',
    own: ['parquet'],
  },
  csv: {
    read: (path) => data.csv(path, { label: 'y' }),
    wanted: 'text',
    own: ['gzip', 'empty', 'text'],
  },
}

for (const [name, { read, wanted, own, other = {} }] of Object.entries(readers)) {
  test.each(Object.keys(files).filter((kind) => !own.includes(kind)))(
    `${name} names a file that is %s`,
    async (kind) => {
      const path = join(folder, `a.${kind}`)
      const file = files[kind]!
      writeFileSync(path, typeof file === 'string' ? Buffer.from(file, 'latin1') : file)
      const error = await (async () => read(path))().catch((thrown: unknown) => thrown)
      const who = name === 'fromOnnx' ? `fromOnnx a.${kind}` : `a.${kind}`
      expect((error as Error).message).toBe(`${who}: wanted ${wanted}, got ${other[kind] ?? advice[kind]}`)
    },
  )
}

test('what is of its own format, or of none that is known, is read as before', () => {
  const path = join(folder, 'b')
  writeFileSync(path, '\x07\x07\x07\x07\x07\x07\x07\x07')
  expect(() => train.loadWeights(model, path)).toThrow(
    'b: wanted a safetensors file, got 8 bytes; it is truncated or damaged',
  )
  writeFileSync(path, files.safetensors!)
  expect(train.loadWeights(model, path).loaded).toEqual(['0.weight', '0.bias'])
})
