const names = new WeakMap<object, string>()

/** Records an object's name: the path of fields that leads to it from the model, such as `layers.0.bn`. */
export const setName = (object: object, name: string): void => void names.set(object, name)

/** Returns the name last recorded for an object, such as `layers.0.bn`; `''` if none was recorded. */
export const nameOf = (object: object): string => names.get(object) ?? ''

/** Whether a name was recorded for an object, that is, whether some model's fields lead to the object. */
export const hasName = (object: object): boolean => names.has(object)

/** Returns the name of another field of a variable's layer: `bn.momentum` for `bn.running_mean`. */
export const nameBeside = (variable: object, field: string): string =>
  nameOf(variable).replace(/[^.]*$/, field)
