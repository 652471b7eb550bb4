const names = new WeakMap<object, string>()

/** Records an object's name: its path of fields from the model, such as `layers.0.bn`. */
export const setName = (object: object, name: string): void => void names.set(object, name)

/** Returns the name last recorded for an object, such as `layers.0.bn`; empty if there is none. */
export const nameOf = (object: object): string => names.get(object) ?? ''

/** Returns the name of another field of the same layer: `bn.momentum` for the variable `bn.running_mean`. */
export const nameBeside = (variable: object, field: string): string =>
  nameOf(variable).replace(/[^.]*$/, field)
