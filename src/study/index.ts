export type { Advice, Certainty } from './advise/advice.ts'
export { type AdviseEvent, type AdviseOptions, advise } from './advise/advise.ts'
export type { Bottleneck } from './advise/bottleneck.ts'
export type { Confidence } from './advise/confidence.ts'
export type { Recommendation } from './advise/recommendation.ts'
export type { Runner } from './advise/runner.ts'
export { falseDiscovery } from './analysis/false-discovery.ts'
export type * from './analysis/findings.ts'
export {
  type Claimed,
  divergedTest,
  type Judgement,
  judge,
  logRatios,
} from './analysis/judge.ts'
export type { Looks } from './analysis/looks.ts'
export { type MeasuredEffect, type MetaAnalysis, metaAnalysis } from './analysis/meta-analysis.ts'
export { holm } from './analysis/statistics.ts'
export type { Design, Racing } from './design/design.ts'
export type { Factor, FactorRange, Factors } from './factor.ts'
export { writeReport } from './report/report.ts'
export { scheduleNames, scheduleText } from './schedules.ts'
export { define, type Study, type StudyOptions } from './study.ts'
export type * from './trial.ts'
