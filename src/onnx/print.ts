import { showShape } from '../core/shape.ts'
import { type Tensor, topological } from '../core/tensor.ts'
import { byNode, simplify } from './simplify.ts'

/**
 * Formats a graph as text, one line per node of its ONNX model.
 *
 *     %3 = Gemm(x, fc1.weight, fc1.bias) transA=0 transB=1 : float32 [64, 100]
 */
export function print(inputs: ReadonlyMap<string, Tensor>, outputs: ReadonlyMap<string, Tensor>): string {
  const roots = simplify([...outputs.values()])
  const names = new Map([...inputs].map(([name, t]) => [t, name]))
  const order = topological(roots)
  for (const t of order) if (t.op === 'Constant') names.set(t, literal(t))
  const lines = byNode(order).map((results, i) => {
    for (const t of results) names.set(t, t.output ? `%${i}.${t.output.index}` : `%${i}`)
    const { op, inputs, attributes } = results[0]!
    const options = Object.entries(attributes).map(([key, value]) => ` ${key}=${text(value)}`)
    const types = results.map((t) => `${t.dtype} ${showShape(t.shape)}`).join(', ')
    const named = results.map((t) => names.get(t)).join(', ')
    return `${named} = ${op}(${inputs.map((x) => names.get(x)).join(', ')})${options.join('')} : ${types}`
  })
  const results = [...outputs.keys()].map((name, i) => `${name} = ${names.get(roots[i]!)}`)
  return [...lines, ...results].join('\n')
}

const text = (value: Tensor['attributes'][string]): string =>
  typeof value === 'object' && 'float' in value ? `${value.float}f` : `${JSON.stringify(value)}`

/** Formats a constant: if short, as its values; if all are equal, as shape × value; else as type and shape. */
function literal(t: Tensor): string {
  const data = Array.from(t.data!)
  if (t.shape.length === 0) return `${data[0]}`
  if (data.length > 4 && data.every((x) => x === data[0])) return `${showShape(t.shape)}×${data[0]}`
  return data.length <= 4 ? `[${data.join(', ')}]` : `${t.dtype} ${showShape(t.shape)}`
}
