/**
 * Seconds and peak memory of an export of 25 million weights: `npm run build && node bench/export.mjs`.
 *
 * The peak is that of the whole process, with the weights themselves (100 MB).
 */
import { nn, train } from '../dist/index.js'

const layers = Array.from({ length: 6 }, () => new nn.Linear(2048, 2048))
const net = new nn.Sequential(...layers)
for (const v of nn.variables(net).values())
  v.data = new Float32Array(v.shape.reduce((a, b) => a * b, 1)).fill(0.01)
const weights = [...nn.variables(net).values()].reduce((sum, v) => sum + v.data.length, 0)
const start = performance.now()
const bytes = train.exportOnnx(net, { shape: [2048], dtype: 'float32' })
const seconds = (performance.now() - start) / 1000
const peak = process.resourceUsage().maxRSS / 1024
console.log(
  JSON.stringify({ weights, bytes: bytes.length, seconds: +seconds.toFixed(2), peakMB: Math.round(peak) }),
)
