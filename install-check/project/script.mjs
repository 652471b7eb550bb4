import { createRequire } from 'node:module'
import { compile, ops } from 'evenstep'
import { encoder } from 'evenstep/table'

const step = await compile({ x: { shape: [1] } }, ({ x }) => ({ y: ops.add(x, x) }), { device: 'cpu' })
const { y } = await step({ x: new Float32Array([2]) })
if (y[0] !== 4) throw new Error(`wanted 4, got ${y[0]}`)

const colour = { name: 'colour', kind: 'category', values: ['red', 'green'] }
const [code] = encoder({ format: 1, columns: [colour] }).encode([{ colour: 'green' }])
if (code !== 2) throw new Error(`wanted code 2, got ${code}`)

// Whoever bundles an exported model for a page has onnxruntime-web without installing it.
const require = createRequire(import.meta.url)
for (const name of ['onnxruntime-web', 'onnxruntime-web/wasm', 'onnxruntime-web/webgpu'])
  require.resolve(name)
