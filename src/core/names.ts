const names = new WeakMap<object, string>()

/** Remembers the path of fields by which `object` is reached from its model. */
export const setName = (object: object, name: string): void => void names.set(object, name)

/** The path by which `object` was last reached, such as `layers.0.bn`; empty if it never was. */
export const nameOf = (object: object): string => names.get(object) ?? ''

/** The path of another field of the layer that holds `variable`: `bn.momentum` beside `bn.running_mean`. */
export const nameBeside = (variable: object, field: string): string =>
  nameOf(variable).replace(/[^.]*$/, field)
