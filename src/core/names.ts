const names = new WeakMap<object, string>()

/** Remember the path of fields by which `object` is reached from its model. */
export const setName = (object: object, name: string): void => void names.set(object, name)

/** The path by which `object` was last reached, such as `layers.0.bn`; empty when it never was. */
export const nameOf = (object: object): string => names.get(object) ?? ''
