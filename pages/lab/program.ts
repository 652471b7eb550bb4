import { dataSets } from './data-sets.ts'
import { arrays, log } from './experiment.ts'
import { type LayerPlan, layersOf, optimizerOf } from './plan.ts'
import type { Net, Setting } from './setting.ts'

/** Returns the text of an experiment file that trains a net of the lab, with the same numbers. */
export function programOf(setting: Setting, net: Net, name: string): string {
  const { file } = dataSets[setting.data]!
  const { steps, batchSize, seed } = setting
  const layers = layersOf(net, setting.data)
  const isScaled = layers.some(({ scale }) => scale !== undefined)
  const where = file === undefined ? '' : `, beside ${file}`
  return `// A net of Evenstep's lab${where}: npx evenstep train ${name}.ts --device wasm
import { data, nn, ops, optim, train } from 'evenstep'
${isScaled ? scaling(net.scale) : ''}
${splitText(file)}
export default train.experiment({
  data: split,
  model: () =>
    new nn.Sequential(
${layers.map((layer) => `      ${layerText(layer)},`).join('\n')}
    ),
  loss: ops.crossEntropy,
  optimizer: optim.sgd(${literal(optimizerOf(net, setting), '  ')}),
  batchSize: ${batchSize},
  steps: ${steps},
  seed: ${seed},
  threads: 1,
  log: ${literal(log, '  ')},
})
`
}

const splitText = (file: string | undefined): string =>
  file === undefined
    ? 'const split = data.digits10x10()\n'
    : `const split = data.normalize({
  train: data.npz(${literal(file)}, ${literal(arrays.train)}),
  validation: data.npz(${literal(file)}, ${literal(arrays.validation)}),
})
`

const scaling = (factor: number): string => `
/** Lets a layer begin with weights that are ${factor} times as large. */
function scaled(layer: nn.Linear): nn.Linear {
  const { initializer } = layer.weight
  layer.weight.initializer = (random, shape) => Array.from(initializer(random, shape), (w) => ${factor} * w)
  return layer
}
`

function layerText({ type, args, scale }: LayerPlan): string {
  const made = `new nn.${type}(${args.map((arg) => literal(arg)).join(', ')})`
  return scale === undefined ? made : `scaled(${made})`
}

/** Returns a value as TypeScript, on one line if it is short. */
function literal(value: unknown, indent = ''): string {
  if (typeof value === 'string') return `'${value.replaceAll(/[\\']/g, '\\$&')}'`
  if (typeof value !== 'object' || value === null) return String(value)
  const isList = Array.isArray(value)
  const [open, close] = isList ? ['[', ']'] : ['{', '}']
  const items = isList
    ? value.map((one) => literal(one, `${indent}  `))
    : Object.entries(value).map(([key, one]) => `${key}: ${literal(one, `${indent}  `)}`)
  const short = isList ? `${open}${items.join(', ')}${close}` : `${open} ${items.join(', ')} ${close}`
  if (!short.includes('\n') && indent.length + short.length <= 100) return short
  return `${open}\n${items.map((item) => `${indent}  ${item},\n`).join('')}${indent}${close}`
}
