export type { Equilibrium } from '../optim/traits.ts'
export { equilibrium, type WeightRule } from '../optim/weight-rule.ts'
export { type Drift, drift } from '../train/drift.ts'
export type { Advised } from './advised.ts'
export { type ExperimentChange, obey, phrase } from './change.ts'
export {
  type Diagnosis,
  type Diagnostic,
  type Finding,
  type Inapplicable,
  isFinding,
  type RateMove,
  type Severity,
  severities,
} from './diagnosis.ts'
export { effectiveRates } from './diagnostics/effective-rate.ts'
export { diagnostics } from './diagnostics/index.ts'
export { type ExamineOptions, examine } from './examine.ts'
export { type Lint, lint, lintRules } from './lint/index.ts'
export type { Complaint, LintRule } from './lint/rule.ts'
export { type OverfitOptions, type Overfitted, overfit } from './overfit.ts'
export { Subject } from './subject.ts'
