import type { FileNode } from '../../onnx/foreign.ts'
import type { FileTensor } from '../../onnx/foreign-tensor.ts'

// Names of imported modules and variables: paths of fields, such as `layer4.1.bn2`.

/** What exporters call a weight in its layer. */
const parameter =
  /^(?:weights?|bias|biases|kernel|gamma|beta|scale|moving_mean|moving_variance|running_mean|running_var|[wbWB](?:_\d+)?)$/

/** Parts of names that say nothing. */
const noise = /^(?:StatefulPartitionedCall(?:_\d+)?|ReadVariableOp(?:_\d+)?|PartitionedCall(?:_\d+)?)$/

/** Whether an exporter invented a tensor's name, as opposed to that of a variable of the program. */
const isInvented = (name: string): boolean =>
  name === '' || /^(?:\d+$|onnx::|\/|_?val_\d+|[A-Z]\w*_\d+$|Constant)/.test(name)

const partsOf = (name: string): string[] =>
  name
    .replace(/:\d+$/, '')
    .split(/[./:;]/)
    .map((part) => part.replace(/\W+/g, '_').replace(/^_+|_+$/g, '') || part.replace(/\W+/g, ''))
    .filter((part) => part !== '' && !noise.test(part))

/** Returns the path of the module that a node is, by the name of its weight or of the node. */
export function modulePath(node: FileNode, weight: FileTensor, index: number): string[] {
  if (isInvented(weight.name)) return nodePath(node, index)
  const parts = partsOf(weight.name)
  const last = parts.at(-1) ?? ''
  if (parameter.test(last)) parts.pop()
  else if (parts.length > 0) {
    parts[parts.length - 1] = last.replace(/_(?:weights?|kernel|gamma|scale|[wW](?:_\d+)?)$/, '') || last
  }
  return parts.length > 0 ? parts : nodePath(node, index)
}

/** Returns the path of a variable that belongs to no module, by its name or that of the node that reads it. */
export function variablePath(node: FileNode, slot: number, tensor: FileTensor, index: number): string[] {
  if (!isInvented(tensor.name)) {
    const parts = partsOf(tensor.name)
    if (parts.length > 0) return parts
  }
  return [...nodePath(node, index), slot === 1 ? 'weight' : slot === 2 ? 'bias' : `input${slot}`]
}

/** Returns a path by a node's name: `/layer1/layer1.0/conv1/Conv` is `layer1.0.conv1`. */
function nodePath({ name, op }: FileNode, index: number): string[] {
  const scopes = name.split('/').filter((scope) => scope !== '' && !noise.test(scope))
  const parts: string[] = []
  for (const scope of scopes) {
    const inner = scope.split('.')
    const isRepeated = inner.every(
      (part, i) => i === inner.length - 1 || parts.at(i + 1 - inner.length) === part,
    )
    const added = isRepeated && inner.length > 1 ? inner.slice(-1) : inner
    parts.push(...added.map((part) => part.replace(/\W+/g, '_')).filter((part) => part !== ''))
  }
  const short = op.slice(op.lastIndexOf('.') + 1)
  const isOperator = (part: string | undefined): boolean =>
    part !== undefined && (part === short || part.startsWith(`${short}_`))
  if (parts.length > 1 && isOperator(parts.at(-1))) parts.pop()
  return parts.length > 0 && !(parts.length === 1 && isOperator(parts[0]))
    ? parts
    : [`${short.toLowerCase()}_${index}`]
}

/** Names that objects have already, which a file must not replace. */
const isTaken = (part: string): boolean => part in Object.prototype || part === 'forward' || part === 'then'

/** Whether a variable in the field `part` of a module would be saved under another name, as camel case is. */
const isRespelled = (part: string): boolean => /^[a-z][a-zA-Z0-9]*$/.test(part) && /[A-Z]/.test(part)

type Fields = Record<string, unknown>

const isModule = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && typeof (value as Fields).forward === 'function'
const isBranch = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype

/**
 * Sets a field of `root` at a path. Objects are made on the way; a name that is taken gets an underscore.
 *
 * @returns the path at which the value lies
 */
export function place(root: object, path: readonly string[], value: object): string[] {
  const found: string[] = []
  let at = root as Fields
  path.forEach((part, i) => {
    const isLast = i === path.length - 1
    let name =
      isTaken(part) || (isLast && i === 0 && !isModule(value) && isRespelled(part)) ? `${part}_` : part
    const fits = (): boolean => !Object.hasOwn(at, name) || (!isLast && isBranch(at[name]))
    while (!fits() || (name in at && !Object.hasOwn(at, name))) name += '_'
    if (isLast) at[name] = value
    else at[name] ??= {}
    found.push(name)
    if (!isLast) at = at[name] as Fields
  })
  return found
}

/** Returns the value of the field of `root` at a path; undefined if there is none. */
export function placed(root: object, path: readonly string[]): unknown {
  let at: unknown = root
  for (const part of path) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, part)) return undefined
    at = (at as Fields)[part]
  }
  return at
}
