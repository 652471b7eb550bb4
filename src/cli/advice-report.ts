import { count, figure, percent } from '../core/text.ts'
import type { Advice } from '../study/advise/advice.ts'
import type { AdviseEvent } from '../study/advise/advise.ts'
import { advisedText, type Recommendation } from '../study/advise/recommendation.ts'
import { asLoss } from '../study/analysis/cells.ts'
import { chosenOn } from '../study/analysis/tested.ts'
import { estimateText, metricText, scoreText } from '../study/analysis/words.ts'
import { type Experiment, goalOf } from '../train/experiment.ts'

/** Returns a function that turns events of `advise` into text: best trials, the advice. */
export function adviceReport(
  experiment: Experiment,
  isTested: boolean = false,
): (event: AdviseEvent) => string {
  const { monitor } = experiment
  const goal = goalOf(experiment)
  let due = 0
  let best: { readonly score: number; readonly text: string } | undefined
  return (event) => {
    if (event.type === 'round') {
      due = event.trials
      best = undefined
      return `${event.trials} trials of ${count(event.steps)} steps\n`
    }
    if (event.type === 'advice') return adviceText(event.advice, experiment, isTested)
    const score = event.trial.result.metrics[monitor]
    if (score !== undefined && !(best && asLoss(score, goal) >= asLoss(best.score, goal))) {
      best = { score, text: advisedText(event.trial.settings) }
    }
    due--
    if (due > 0) return ''
    const found = best && `best: ${best.text}, ${metricText(monitor)} ${scoreText(best.score, monitor)}`
    return `  ${found ?? 'all diverged'}\n`
  }
}

function adviceText(
  { recommendation, certainty, confidence, because, unchanged, evidence, steps }: Advice,
  { monitor }: Experiment,
  isTested: boolean,
): string {
  const rows = [
    ...rowsOf(recommendation),
    [
      metricText(monitor),
      `${estimateText(recommendation.score, monitor)}${isTested ? `, ${chosenOn(monitor)}` : ''}`,
    ],
    ...(unchanged && recommendation.normalization !== undefined
      ? [['as it is', estimateText(unchanged, monitor)] as const]
      : []),
    ['confidence', `${certainty === 'sure' ? percent(confidence, 0) : `${certainty} to tell`}: ${because}`],
  ] as const
  return [
    '',
    ...rows.map(([name, value]) => `${name.padStart(18)}  ${value}`),
    '',
    ...evidence,
    `Spent ${count(steps.spent)} of ${count(steps.budget)} steps.`,
    '',
  ].join('\n')
}

function rowsOf({
  optimizer,
  normalization,
  lr,
  schedule,
  warmup,
  control,
  weightDecay,
}: Recommendation): [string, string][] {
  if (normalization === undefined) return [['recommended', 'the experiment as it is']]
  return [
    ...(optimizer === undefined ? [] : [['optimizer', JSON.stringify(optimizer)] as [string, string]]),
    ['normalization', normalization],
    ['peak rate', figure(lr!)],
    ['schedule', schedule!.text],
    ['warmup', warmup! > 0 ? `${warmup} steps, in the schedule` : 'none'],
    ...(control === undefined ? [] : [['control', JSON.stringify(control)] as [string, string]]),
    ['weight decay', weightDecay === undefined ? 'as it is' : figure(weightDecay)],
  ]
}
