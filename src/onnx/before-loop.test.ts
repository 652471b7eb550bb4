import { expect, test } from 'vitest'
import { constant, input, type Tensor, topological } from '../core/tensor.ts'
import * as ops from '../ops/index.ts'
import { beforeLoop } from './before-loop.ts'
import { graphNames, toOnnxLoop } from './model.ts'
import { readOnnx } from './read.ts'

const [x, weight] = [input([4, 3]), input([2, 3])]
const operators = (t: Tensor): string[] => topological([t]).map(({ op }) => op)

test('what depends on fixed inputs and constants alone is computed before a loop', () => {
  const doubled = ops.mul(weight, 2)
  const outputs = new Map([
    ['y', ops.linear(x, doubled)],
    ['doubled', doubled],
  ])
  const parted = beforeLoop(outputs, new Map([['weight', weight]]))
  expect([...parted.once].map(([name, { made }]) => [name, made])).toEqual([['once:0', doubled]])
  expect(operators(parted.outputs.get('y')!)).toEqual(['Input', 'Input', 'Gemm'])
  expect(parted.outputs.get('doubled')).toBe(parted.once.get('once:0')!.read)
})

test('an input, constants, and what changes from step to step stay in the step', () => {
  const outputs = new Map([['y', ops.add(ops.mul(x, weight.shape[0]!), constant([1, 2, 3], [3]))]])
  const parted = beforeLoop(outputs, new Map([['weight', weight]]))
  expect(parted.once.size).toBe(0)
  expect(parted.outputs.get('y')).toBe(outputs.get('y'))
  const read = new Map([['w', weight]])
  expect(beforeLoop(read, read).outputs.get('w')).toBe(weight)
})

test('the names before a loop and in it are all different', () => {
  const y = ops.add(ops.linear(ops.mul(x, 3), ops.mul(weight, 2)), constant([1, 2], [2]))
  const model = toOnnxLoop({
    stacked: new Map([['x', x]]),
    fixed: new Map([['weight', weight]]),
    carried: new Map(),
    outputs: new Map([['y', y]]),
  })
  const graph = readOnnx(model, 'model.onnx')
  const { node = [], initializer = [], input: given = [] } = graph
  const body = node.find(({ opType }) => opType === 'Loop')!.attribute![0]!.g!
  const names = [node, body.node!].flatMap((list) => list.flatMap(({ output = [] }) => output))
  const others = [...initializer, ...body.initializer!, ...given, ...body.input!].map(({ name }) => name)
  expect(new Set([...names, ...others]).size).toBe(names.length + others.length)
  expect(node.map(({ opType }) => opType)).toEqual(['Mul', 'Loop'])
  expect(given.map(({ name }) => name)).toEqual([graphNames.count, 'x', 'weight'])
})
