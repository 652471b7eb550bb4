export { type Attached, type Hyperparameter, type Optimizer, valueAt } from './optimizer.ts'
export { type SgdOptions, sgd } from './sgd.ts'
