/** A file that a reader was given by mistake: what it is, and what to do with it. */
export interface ForeignFormat {
  readonly got: string
  readonly fix: string
}

interface Known extends ForeignFormat {
  /** Whether a file begins so; `start` has one character for each of its first bytes. */
  readonly is: (start: string) => boolean
}

const begins =
  (...marks: readonly string[]) =>
  (start: string): boolean =>
    marks.some((mark) => start.startsWith(mark))

const zip = 'PK\x03\x04'
/** Name of the first file in a ZIP archive, and what follows it. */
const firstFile = (start: string): string => (start.startsWith(zip) ? start.slice(30) : '')
/** Bytes by which a message ModelProto begins a field that is a text or a message. */
const onnxFields = '\x12\x1a\x22\x32\x3a\x42\x72'

const decompress = 'decompress it first (gzip alone is read)'
const toSafetensors = 'in Python, safetensors.torch.save_file(model.state_dict(), "model.safetensors")'

/** Formats that are mistaken for others. Where two match, the first counts. */
const known = {
  empty: { is: (start) => start === '', got: 'an empty file', fix: 'load it again' },
  safetensors: {
    is: (start) => start.slice(6, 10) === '\0\0{"',
    got: 'a safetensors file',
    fix: 'use train.loadWeights',
  },
  lfs: { is: begins('version https://git-lfs'), got: 'a Git LFS pointer', fix: 'run git lfs pull' },
  page: { is: (start) => /^\s*<(!doctype|html)/i.test(start), got: 'an HTML page', fix: 'check the address' },
  onnx: {
    is: (start) => start[0] === '\x08' && start[1]! <= ' ' && onnxFields.includes(start[2] ?? '?'),
    got: 'an ONNX file',
    fix: 'use nn.fromOnnx',
  },
  npy: { is: begins('\x93NUMPY'), got: 'an NPY file', fix: 'use data.readNpy' },
  npz: { is: (start) => /^\w+\.npy/.test(firstFile(start)), got: 'an NPZ file', fix: 'use data.readNpz' },
  torch: {
    is: (start) => firstFile(start).includes('/data.pkl'),
    got: "PyTorch's ZIP of pickles",
    fix: toSafetensors,
  },
  pickle: {
    is: begins(...[2, 3, 4, 5].map((protocol) => `\x80${String.fromCharCode(protocol)}`)),
    got: "a pickle, as PyTorch's older files are",
    fix: toSafetensors,
  },
  excel: { is: begins('\xd0\xcf\x11\xe0'), got: 'an Excel file', fix: 'save the sheet as CSV' },
  zip: {
    is: begins(zip),
    got: 'a ZIP archive',
    fix: 'unzip it or, if it is an Excel file, save the sheet as CSV',
  },
  hdf5: {
    is: begins('\x89HDF'),
    got: 'an HDF5 file, such as Keras saves',
    fix: 'in Python, save its arrays with safetensors.numpy.save_file or numpy.savez',
  },
  gguf: { is: begins('GGUF'), got: 'a GGUF file', fix: 'convert it to safetensors' },
  parquet: { is: begins('PAR1'), got: 'a Parquet file', fix: 'read it with data.parquet' },
  idx: {
    is: (start) => start.startsWith('\0\0') && '\x08\x09\x0b\x0c\x0d\x0e'.includes(start[2] ?? '?'),
    got: 'an IDX file',
    fix: 'use data.readIdx',
  },
  picture: {
    is: (start) => begins('\x89PNG', '\xff\xd8\xff', 'GIF8')(start) || start.slice(8, 12) === 'WEBP',
    got: 'a picture',
    fix: 'read a folder of pictures with data.imageFolder',
  },
  gzip: { is: begins('\x1f\x8b'), got: 'a gzipped file', fix: 'decompress it first' },
  zstd: { is: begins('\x28\xb5\x2f\xfd'), got: 'a file compressed by zstd', fix: decompress },
  xz: { is: begins('\xfd7zXZ'), got: 'a file compressed by xz', fix: decompress },
  bzip2: { is: begins('BZh91A'), got: 'a file compressed by bzip2', fix: decompress },
  text: { is: (start) => /^[\s -~]+$/.test(start), got: 'a text', fix: 'check the path' },
} satisfies Readonly<Record<string, Known>>

/** Names of the formats that `foreignFormat` recognizes. */
export type FormatName = keyof typeof known

/** Number of bytes at the start of a file that suffice to recognize each format. */
export const recognizedBy = 256

/**
 * Recognizes a file of another format than its reader's by its first bytes; undefined if it is of none that is known.
 *
 * @param start first bytes of the file, up to `recognizedBy` of which count
 * @param own formats that the reader itself takes, which are never returned
 * @param fixes advice of this reader in place of the general one
 */
export function foreignFormat(
  start: Uint8Array,
  own: readonly FormatName[],
  fixes: Partial<Readonly<Record<FormatName, string>>> = {},
): ForeignFormat | undefined {
  const text = String.fromCharCode(...start.subarray(0, recognizedBy))
  const all = Object.entries(known) as [FormatName, Known][]
  const found = all.find(([name, { is }]) => !own.includes(name) && is(text))
  return found && { got: found[1].got, fix: fixes[found[0]] ?? found[1].fix }
}
