import { basename } from 'node:path'
import { Command } from 'commander'
import { count } from '../core/text.ts'
import { bytesAt } from '../nn/onnx/from-path.ts'
import { inspectOnnx, type OnnxSummary } from '../nn/onnx/inspect.ts'
import { jsonLine, type Output, terminal } from './output.ts'
import { alignedTable, wrapped } from './table.ts'

/** `evenstep inspect FILE.onnx`: lists what an ONNX file holds, and how `nn.fromOnnx` would import it. */
export const inspectCommand = (output: Output = terminal()): Command =>
  new Command('inspect')
    .description('list what an ONNX file holds: operators, weights, normalization, where to cut')
    .argument('<file>', 'path of the ONNX file')
    .option('--json', 'print it as JSON')
    .action((path: string, { json }: { readonly json?: true }) => {
      const found = inspectOnnx(bytesAt(path, 'inspect'), `inspect ${basename(path)}`)
      output.write(json ? jsonLine(found) : inspectText(found, output.columns))
    })

/** Formats what an ONNX file holds. */
export function inspectText(found: OnnxSummary, columns: number): string {
  const { producer, opset, inputs, outputs, operators, weights, cuts } = found
  const types = weights.types.length > 0 ? `, ${weights.types.join(', ')}` : ''
  const rows = [
    ['file', `opset ${opset}${producer ? ` by ${producer}` : ''}`],
    ['inputs', listText(inputs.map(valueText))],
    ['outputs', listText(outputs.map(valueText))],
    ['batch', batchText(found)],
    ['operators', listText(operators.map(([op, n]) => `${op} ${n}`))],
    ['weights', `${count(weights.numbers)} numbers in ${count(weights.tensors)} tensors${types}`],
    ['normalization', normalizationText(found)],
    ['cuts', cuts.length > 0 ? listText(cuts.map((name) => `output: '${name}'`)) : 'none'],
    ['import', importText(found)],
  ] as const
  const width = Math.max(40, columns - 'normalization  '.length)
  const lines = rows.flatMap(([label, text]) =>
    wrapped(text, width).map((line, i) => [i === 0 ? label : '', line.replaceAll(joint, ' ')]),
  )
  return alignedTable(lines, { columns, left: 2 })
}

/** A space at which no line ends. */
const joint = '\u00a0'

const listText = (items: readonly string[]): string =>
  items.map((item) => item.replaceAll(' ', joint)).join(', ')

function importText({ unknown, conditions }: OnnxSummary): string {
  if (unknown.length > 0) return `no: ${listText(unknown.map(([op, at]) => `${op} (${at})`))}`
  if (conditions === 0) return 'yes'
  const ifs =
    conditions === 1 ? 'condition of its If node depends' : `conditions of its ${conditions} If nodes depend`
  return `yes, if the ${ifs} on shapes, constants and inputs: { … } alone`
}

const valueText = ({ name, shape }: OnnxSummary['inputs'][number]): string =>
  shape ? `${name} [${shape.map((n) => (n === '' ? '?' : n)).join(', ')}]` : name

function batchText({ inputs }: OnnxSummary): string {
  const size = inputs[0]?.shape?.[0]
  if (typeof size !== 'number') return 'any size'
  return `${size} in the file; if its reshapes hold that size, give batch: 'any'`
}

/** Says what the file's normalization means for the learning rate. */
function normalizationText({ products, normalizations }: OnnxSummary): string {
  if (normalizations > 0) {
    const rest = products - normalizations
    const folded = rest > 0 ? `; up to ${rest} of ${products} layers have none, or a folded one` : ''
    return `${normalizations} batch normalizations, whose statistics learn or are frozen${folded}`
  }
  if (products === 0) return 'no layers with weights'
  return `none: it may be folded into the ${products} layers, so there are no statistics to adapt; take a lower rate`
}
