export { type AdamOptions, adam, adamw } from './adam.ts'
export type { Attached, Hyperparameter, Optimizer } from './optimizer.ts'
export { parse } from './parse.ts'
export { type SgdOptions, sgd } from './sgd.ts'
