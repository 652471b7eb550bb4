import { mismatch } from '../core/mismatch.ts'
import { readOptions } from '../core/options.ts'
import { isRelative } from '../optim/over-run.ts'
import { checkMetrics } from './goals.ts'
import { namedModel } from './named-model.ts'
import { type TaskOptions, type TaskValues, taskOptions } from './task-options.ts'
import { totalLoss } from './total-loss.ts'

/** Checks the options of a task, and makes its model a module and the losses of several outputs one function. */
export function taskValues(options: TaskOptions): TaskValues {
  const { model, loss, ...read } = readOptions('Task', taskOptions, options)
  const { y } = read.data
  checkMetrics('Task', read.metrics, y)
  if (read.scheduleSteps === undefined && isRelative(read.optimizer)) {
    const wanted = 'scheduleSteps, the number of steps that percentages in schedules refer to'
    throw mismatch('Task', wanted, undefined)
  }
  return { ...read, model: namedModel(model, read.data), loss: totalLoss('Task', loss, y) }
}
