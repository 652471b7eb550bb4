// Makes `native/`, the part of onnxruntime-node that the package carries: its JavaScript and, for each platform, the
// library that computes. `--remove` removes it: in a clone, onnxruntime-node itself is used. A package for only some
// platforms is made by `EVENSTEP_PLATFORMS=linux/x64,darwin/arm64 npm pack`.
// docs/decisions/0004-no-install-scripts.md says why.
import { copyFileSync, linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const at = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url))
const from = at('node_modules/onnxruntime-node')
const to = at('native')

const code = ['index', 'backend', 'binding', 'version'].map((name) => `dist/${name}.js`)
// Left out: DirectML.dll, dxcompiler.dll and dxil.dll, which the CPU does not use and WebGPU does without, a second copy
// of the library for macOS, and Windows on arm64, for 30 MB.
const libraries = {
  'linux/x64': 'libonnxruntime.so.1',
  'linux/arm64': 'libonnxruntime.so.1',
  'darwin/arm64': 'libonnxruntime.1.dylib',
  'win32/x64': 'onnxruntime.dll',
}
const platforms = process.env.EVENSTEP_PLATFORMS?.split(',') ?? Object.keys(libraries)
const unknown = platforms.find((platform) => !(platform in libraries))
if (unknown !== undefined) {
  console.error(`EVENSTEP_PLATFORMS: wanted some of ${Object.keys(libraries).join(', ')}, got ${unknown}`)
  process.exit(2)
}
const binaries = platforms.flatMap((platform) =>
  ['onnxruntime_binding.node', libraries[platform]].map((file) => `bin/napi-v6/${platform}/${file}`),
)

const licence = `MIT License

Copyright (c) Microsoft Corporation

Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated
documentation files (the "Software"), to deal in the Software without restriction, including without limitation the
rights to use, copy, modify, merge, publish, distribute, sublicense, and/or sell copies of the Software, and to permit
persons to whom the Software is furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all copies or substantial portions of the
Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE
WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR
COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR
OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.
`

/** Adds a file without taking space for it, where the file system can. */
function add(file) {
  mkdirSync(dirname(join(to, file)), { recursive: true })
  try {
    linkSync(join(from, file), join(to, file))
  } catch {
    copyFileSync(join(from, file), join(to, file))
  }
}

rmSync(to, { recursive: true, force: true })
if (!process.argv.includes('--remove')) {
  for (const file of [...code, ...binaries]) add(file)
  const { name, version, license } = JSON.parse(readFileSync(join(from, 'package.json'), 'utf8'))
  const manifest = { name, version, license, private: true, main: 'dist/index.js' }
  writeFileSync(join(to, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`)
  writeFileSync(
    join(to, 'LICENSE'),
    `${licence}\nNotices of what ONNX Runtime contains: https://github.com/microsoft/onnxruntime/blob/v${version}/ThirdPartyNotices.txt\n`,
  )
}
