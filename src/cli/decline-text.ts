import { figure } from '../core/text.ts'

/** Relative change from the best epoch to the last from which on the report says so. */
const notable = 0.05

/** Minimum number of epochs after the best one, and their minimum share of all epochs, that make a trend. */
const [fewEpochs, fewShare] = [3, 0.1]

/** The monitored quantity and the training loss after an epoch, which is counted from 0. */
export interface Score {
  readonly value: number
  readonly epoch: number
  readonly trainLoss: number
}

/** Says that the last epoch is much worse than the best one, and whether the model overfits; nothing otherwise. */
export function declineText(best: Score, last: Score): string[] {
  const decline = Math.abs(last.value - best.value) / Math.abs(best.value)
  if (!(decline >= notable)) return []
  const share = decline < 10 ? `${Math.round(100 * decline)} %` : 'far'
  return [
    `the last epoch is ${share} worse; --best makes eval, predict and export use the best one`,
    ...overfitText(best, last),
  ]
}

/** Says that the model overfits: for several epochs after the best one, the training loss fell; nothing otherwise. */
function overfitText(best: Score, last: Score): string[] {
  const epochs = last.epoch - best.epoch
  const isTrend = epochs >= Math.max(fewEpochs, fewShare * (last.epoch + 1))
  const fall = (best.trainLoss - last.trainLoss) / Math.abs(best.trainLoss)
  if (!isTrend || !(fall >= notable)) return []
  const losses = `${figure(best.trainLoss)} to ${figure(last.trainLoss)}`
  return [
    `the model overfits: in these ${epochs} epochs, the train loss fell from ${losses};`,
    'fewer epochs, more weight decay or dropout, a smaller model or more data help',
  ]
}
