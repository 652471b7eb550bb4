/** A file that is no ONNX file: what it is, and what to do. */
interface OtherFile {
  readonly got: string
  readonly fix: string
}

const kinds: readonly (OtherFile & { readonly begins: RegExp })[] = [
  { begins: /^version https:\/\/git-lfs/, got: 'a Git LFS pointer', fix: 'run git lfs pull' },
  { begins: /^\s*</, got: 'an HTML page', fix: 'check the address' },
  {
    begins: /^PK/,
    got: 'a ZIP archive, as PyTorch saves',
    fix: 'export the model with torch.onnx.export',
  },
  {
    begins: /^[\s\S]{8}\{"/,
    got: 'a safetensors file, which holds weights but no graph',
    fix: 'use train.loadWeights',
  },
  { begins: /^$/, got: 'an empty file', fix: 'load it again' },
  { begins: /^[\s -~]+$/, got: 'a text', fix: 'check the path' },
]

/** Recognizes, by their first bytes, other files that are taken for ONNX files; undefined for all others. */
export function otherFile(bytes: Uint8Array): OtherFile | undefined {
  const start = String.fromCharCode(...bytes.subarray(0, 64))
  return kinds.find(({ begins }) => begins.test(start))
}
