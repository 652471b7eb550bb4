import { short } from '../support/numbers.ts'
import { table } from '../table.ts'
import { looks } from './arms.ts'
import { norms, schedules } from './cell.ts'
import { type Effect, verdictOf } from './effects.ts'
import { type Found, lack, meanOver, precisionOf, type Result, type Together } from './findings.ts'
import { usable } from './windows.ts'
import { asRatio, count, listed, meanSentences, range, wrapped } from './words.ts'

const title = ({ cell }: Found): string => `${cell.field}, ${cell.kind}`
const pair = ({ cell }: Found): string => `${cell.field}/${cell.kind}`

/** docs/atlas.md. Every sentence is made from what was run. */
export function page(all: readonly Found[], answers: readonly Together[], discovered: string): string {
  const done = all.filter(({ result }) => result !== undefined)
  const open = all.filter(({ result }) => result === undefined)
  return `${[
    '# The atlas: batch normalization and schedules in twelve cells',
    wrapped(how(all)),
    '## All cells',
    ...(done.length > 0 ? ['![Ratios of test losses in each cell, and their means](atlas.svg)'] : []),
    summary(answers),
    ...answers.flatMap(({ question, meta, effects }) =>
      meta
        ? [
            wrapped(
              meanSentences(
                question,
                meta,
                effects.map(({ effect }) => effect),
              ),
            ),
          ]
        : [],
    ),
    wrapped(discovered),
    wrapped(caveats(all)),
    ...(open.length > 0
      ? ['## Without a result', open.map((found) => `- ${title(found)}: ${lack(found)}`).join('\n')]
      : []),
    ...done.flatMap((found) => section(found, found.result!)),
  ].join('\n\n')}\n`
}

function how(all: readonly Found[]): string {
  const total = (of: (found: Found) => number): number => all.reduce((sum, found) => sum + of(found), 0)
  const done = all.filter(({ result }) => result !== undefined).length
  const runs = total(({ counts }) => counts.runs)
  const minutes = (total(({ counts }) => counts.cpuSeconds) / 60).toFixed(0)
  return [
    'How does batch normalization (BN) change which learning rate and which schedule are right, in different fields',
    'and kinds of networks? Each cell trains one small network on real data in 12 arms: no normalization (with He’s',
    'initial weights and residual branches that start at 0), BN or layer normalization, with a constant rate, a linear',
    'decay, one cycle, or reduce-on-plateau (50 measurements a run, patience 3, factor 0.1). Every arm but one-cycle,',
    'which has its own, warms up over 5 % of the run; weight decay is 0. Within an arm, all rates of a grid of',
    'half-decades run for a third of the steps, the best two in full, and the validation loss chooses; a best rate at',
    'the edge extends the grid. Then fresh seeds, which decide the parts, the weights and the order of the examples,',
    `measure the test part, on which nothing is chosen: ${looks[0]} seeds, and up to ${looks.at(-1)} where an answer is open.`,
    'A cell counts in the means only if its best arm reaches a baseline, such as softmax regression on the same data.',
    `So far ${count(runs, 'run')} in ${minutes} minutes of CPU time; ${done} of ${all.length} cells have a result.`,
  ].join(' ')
}

function summary(answers: readonly Together[]): string {
  return table(
    ['Question', 'Cells', 'Mean', '95 % interval', 'Another such cell', 'Shown alone in'],
    answers.map(({ question, effects, meta }) => [
      question.title,
      String(effects.length),
      meta ? asRatio(question, meta.mean) : '',
      meta ? range(question, meta.interval) : '',
      meta ? range(question, meta.prediction) : '',
      String(effects.filter(({ effect }) => !verdictOf(effect).startsWith('not shown')).length),
    ]),
  )
}

function caveats(all: readonly Found[]): string {
  const failed = all.filter(({ result }) => result && !result.counts)
  const some =
    failed.length > 0
      ? ` Among the cells, ${listed(failed.map(pair))} ${failed.length === 1 ? 'does' : 'do'} not reach the baseline and ${failed.length === 1 ? 'is' : 'are'} left out of the means.`
      : ''
  return (
    'Means are geometric, by a random-effects meta-analysis with the interval of Hartung and Knapp; “another such ' +
    'cell” is its prediction interval. An answer of a single cell is an interval over paired seeds that holds at all ' +
    `looks together, and counts as shown only after Holm’s correction for the questions of the cell. Best rates and windows are those of the linear schedule over ${looks[0]} seeds; a rate is usable if its validation loss is within ${Math.round(100 * (usable - 1))} % of the best. ` +
    'Inputs, sizes, lengths and grids of rates, which all arms share, were settled in pilot runs that showed the test part of seed 0; baselines without a published number come from `scripts/atlas-baselines.py` and were computed after the first runs. ' +
    'The cells of heartbeats and of splice’s MLP did not reach their baselines at first; weights of classes, pooling, dropout and longer runs were then chosen by validation parts of other draws, which for splice have sequences of the test parts. ' +
    `A network is small and its run short; larger and longer ones may differ. Fields and kinds are described, not tested: there is one cell of each pair.${some}`
  )
}

function section(found: Found, result: Result): string[] {
  const { cell, counts } = found
  const optimizer = cell.optimizer === 'sgd' ? 'SGD with momentum 0.9' : 'AdamW'
  return [
    `## ${title(found)[0]!.toUpperCase()}${title(found).slice(1)}`,
    wrapped(
      `Data: ${cell.about}. Network: ${cell.net}; ${optimizer}, batches of ${cell.batchSize}, ${cell.steps} steps. ` +
        `${count(counts.runs, 'run')}, of which ${counts.diverged} diverged and ${counts.failed} failed. ${gate(found, result)}`,
    ),
    `![Test loss against rate, and of each arm](atlas/${cell.id}.svg)`,
    armTable(result),
    answerTable(result.effects),
    ...patients(result),
  ]
}

function gate({ cell }: Found, { best, reached, counts }: Result): string {
  const { measure, value, precision, of } = cell.gate
  const name = { accuracy: 'accuracy', loss: 'test loss', sensitivity: 'mean sensitivity of S and V' }[
    measure
  ]
  const verdict = counts ? 'reaches' : '**does not reach**'
  const [own, wanted] =
    precision === undefined
      ? ['', '']
      : [` and mean precision ${short(meanOver(best, precisionOf))}`, ` and ${short(precision)}`]
  return `The best arm by validation loss (${armName(best)}) has ${name} ${fine(reached)}${own}; it ${verdict} ${fine(value)}${wanted}, that of ${of}.`
}

/** A number to 4 digits, since a gate may be that near. */
const fine = (value: number): string => String(Number(value.toPrecision(4)))

const armName = ({ norm, schedule }: { readonly norm: string; readonly schedule: string }): string =>
  `${norm}, ${schedule}`

/** Mean test loss, accuracy, chosen rate and seeds of each arm. */
const armTable = ({ arms }: Result): string =>
  table(
    ['Test loss (accuracy), rate, seeds', ...norms],
    schedules.map((schedule) => [
      schedule,
      ...norms.map((norm) => {
        const arm = arms.find((arm) => arm.norm === norm && arm.schedule === schedule)!
        const diverged = [...arm.outcomes.values()].filter(({ diverged }) => diverged).length
        const loss = short(meanOver(arm, ({ test }) => test!.loss))
        const accuracy = (100 * meanOver(arm, ({ test }) => test!.accuracy)).toFixed(1)
        const lost = diverged > 0 ? `, ${diverged} diverged` : ''
        return `${loss} (${accuracy} %), ${arm.lr}, ${arm.outcomes.size}${lost}`
      }),
    ]),
  )

const answerTable = (effects: readonly Effect[]): string =>
  table(
    ['Question', 'Compared', 'Ratio or difference', 'Interval over seeds', 'Verdict'],
    effects.map((effect) => {
      const { question, judged, arms } = effect
      const names = arms ? `${armName(arms[0])} / ${armName(arms[1])}` : ''
      const interval = judged.interval.every(Number.isFinite) ? range(question, judged.interval) : 'unbounded'
      return [question.title, names, asRatio(question, judged.value), interval, verdictOf(effect)]
    }),
  )

/** For data with groups of test examples: the main comparison, bootstrapped over them. */
function patients({ effects }: Result): string[] {
  const main = effects.find(({ question }) => question.id === 'batch')
  const found = main?.groups
  if (!main || !found) return []
  return [
    wrapped(
      `Over the ${found.count} patients of the test part, the geometric mean of ${main.question.title} is ` +
        `${asRatio(main.question, found.mean)} (95 % of resamples of patients: ${range(main.question, [found.low, found.high])}).`,
    ),
  ]
}
