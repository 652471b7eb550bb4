import { ArgumentError } from '../core/errors.ts'
import { count, counted, figure, percent } from '../core/text.ts'
import { type Overfitted, overfit } from '../doctor/overfit.ts'
import type { Experiment } from '../train/experiment.ts'
import { signals } from './interrupt.ts'
import { jsonLine, type Output } from './output.ts'
import { plot } from './plot.ts'

/**
 * `evenstep train FILE --overfit N`: tries to memorize N examples, and prints the curve of the loss and a verdict.
 *
 * @throws {ArgumentError} when the examples are not memorized; the message has the likely causes.
 */
export async function printOverfit(
  experiment: Experiment,
  examples: number,
  output: Output,
  json: true | undefined,
): Promise<void> {
  const interrupt = signals.begin()
  try {
    const found = await overfit(experiment, { examples, signal: interrupt.signal })
    output.write(json ? jsonLine(found) : report(experiment, found, output))
    if (!found.memorized) throw notMemorized(found)
  } catch (error) {
    if (!interrupt.signal.aborted || error !== interrupt.signal.reason) throw error
    process.exitCode = interrupt.exitCode
  } finally {
    interrupt.stop()
  }
}

function report({ name }: Experiment, found: Overfitted, { columns, color }: Output): string {
  const { examples, losses, loss, steps, memorized, evaluated, wanted, accuracy } = found
  const curve = plot([{ label: 'loss of the batch', values: losses }], { columns, color })
  const shares = accuracy === undefined ? '' : `, ${percent(accuracy)} predicted right`
  return [
    `${name ?? 'experiment'} · overfitting ${counted(examples, 'example')} in one batch`,
    '',
    curve,
    ...(memorized
      ? [
          `memorized: loss ${figure(losses[0]!, 4)} to ${figure(loss, 4)} in ${counted(steps, 'step')}${shares}`,
          ...(evaluated > 10 * wanted ? [lag(evaluated)] : []),
          '',
        ]
      : []),
  ].join('\n')
}

/** Says that evaluation mode has another loss, which is a fault of its own. */
const lag = (evaluated: number): string =>
  `warning: in evaluation mode the loss is ${figure(evaluated, 4)}: running statistics or averaged weights lag behind, or forward ignores its mode`

function notMemorized({ examples, wanted, loss, steps, causes }: Overfitted): ArgumentError {
  const goal = `a loss of at most ${figure(wanted, 4)} on ${counted(examples, 'example')}`
  const got = `${figure(loss, 4)} after ${count(steps)} steps`
  return new ArgumentError(`overfit: wanted ${goal}, got ${got}; ${causes.join('; ')}`)
}
