import { FormatError } from '../../core/errors.ts'
import { listed } from '../../core/text.ts'
import { type FileNode, graphsWithin } from '../../onnx/foreign.ts'
import { onnxOperators } from './operators/index.ts'
import { type GraphPlan, readBy } from './plan.ts'

/** An operator that cannot be imported, and the nodes that have it. */
export interface UnknownOperator {
  readonly op: string
  readonly nodes: readonly FileNode[]
}

const isUnknown = (node: FileNode): boolean => !(node.op in onnxOperators())

/** Returns the operators, of nodes and of graphs within them, that cannot be imported. */
export function unknownOperators(nodes: readonly FileNode[]): UnknownOperator[] {
  const found = new Map<string, FileNode[]>()
  const visit = (node: FileNode): void => {
    if (isUnknown(node)) found.set(node.op, [...(found.get(node.op) ?? []), node])
    for (const graph of graphsWithin(node)) graph.nodes.forEach(visit)
  }
  nodes.forEach(visit)
  return [...found].map(([op, nodes]) => ({ op, nodes }))
}

/** @throws {FormatError} naming all operators that cannot be imported, and the tensor before which to end. */
export function checkOperators(
  who: string,
  { known, constants }: GraphPlan,
  nodes: readonly FileNode[],
): void {
  const unknown = unknownOperators(nodes)
  if (unknown.length === 0) return
  const names = unknown.map(({ op, nodes: [first, ...more] }) => {
    const where = first!.name || first!.outputs[0]
    return `${op} (${more.length > 0 ? `${more.length + 1} nodes, the first ${where}` : where})`
  })
  const cut = cutBefore(nodes, (name) => known.has(name) || constants.has(name))
  const fix =
    cut === undefined ? '' : `; give output: '${cut}' to end before ${names.length > 1 ? 'them' : 'it'}`
  throw new FormatError(
    `${who}: wanted operators that have a gradient here, got ${listed(names, 'and')}${fix}`,
  )
}

/** Returns the last tensor that an unknown operator reads and known ones compute; undefined if there is none. */
function cutBefore(nodes: readonly FileNode[], isConstant: (name: string) => boolean): string | undefined {
  const order = new Map<string, number>()
  const beyond = new Set<string>()
  const candidates: string[] = []
  for (const [i, node] of nodes.entries()) {
    const read = readBy(node).filter((name) => name !== '' && !isConstant(name))
    const inner = graphsWithin(node).some((graph) => unknownOperators(graph.nodes).length > 0)
    const isBad = isUnknown(node) || inner
    if (isBad) candidates.push(...read.filter((name) => order.has(name)))
    if (isBad || read.some((name) => beyond.has(name))) for (const name of node.outputs) beyond.add(name)
    else for (const name of node.outputs) order.set(name, i)
  }
  return candidates.sort((a, b) => order.get(b)! - order.get(a)!)[0]
}
