import { follow } from '../core/calls.ts'
import { setName } from '../core/names.ts'
import { checkModel } from '../core/state.ts'
import { Variable } from '../core/variable.ts'
import type { Module } from './module.ts'

/**
 * Returns every module of a model by name; the model itself comes first, as `''`. Like PyTorch's `named_modules`.
 *
 * A name is the path of fields that leads to the module, such as `layers.0.bn`. A module in two fields is listed
 * once.
 */
export function modules(root: object): Map<string, Module> {
  checkModel(root)
  const found = new Map<string, Module>()
  const seen = new Set<object>()
  const visit = (object: object, path: string): void => {
    seen.add(object)
    if (isModule(object)) {
      setName(object, path)
      follow(object)
      found.set(path, object)
    }
    for (const [field, child] of Object.entries(object)) {
      if (isContainer(child) && !seen.has(child)) visit(child, path ? `${path}.${field}` : field)
    }
  }
  visit(root, '')
  return found
}

const isModule = (object: object): object is Module =>
  'forward' in object && typeof object.forward === 'function'

const isContainer = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !ArrayBuffer.isView(value) && !(value instanceof Variable)
