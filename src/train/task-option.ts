import { custom, type Option } from '../core/options.ts'
import { Task } from './task.ts'

/** Option whose value is an existing task. */
export const taskOption: Option<Task, Task | undefined> = custom<Task>(
  'a task, such as train.taskOf(experiment)',
  (value) => value instanceof Task,
)
