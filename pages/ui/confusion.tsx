import type { JSX } from 'preact'
import { count, figure } from '../../src/core/text.ts'
import type { ConfusionView } from '../../src/pages/views.ts'
import { Scroll, Section } from './parts.tsx'

/** The confusion matrix of the last epoch: a row for each label, a column for each prediction. */
export function Confusion({ confusion }: { readonly confusion: ConfusionView }): JSX.Element {
  const { rows, name, epoch } = confusion
  const classes = rows.map((_, i) => i)
  return (
    <Section
      title="Confusion matrix"
      note={`${name} after epoch ${epoch + 1}: a row for each label, a column for each prediction. The stronger the colour, the larger the share of its row.`}
    >
      <Scroll label="confusion matrix">
        <table class="matrix">
          <thead>
            <tr>
              <th scope="col">label</th>
              {classes.map((i) => (
                <th scope="col" key={i}>
                  {i}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map((row, label) => (
              <tr key={classes[label]}>
                <th scope="row">{label}</th>
                {row.map((value, i) => (
                  <td key={classes[i]} style={{ background: filled(value / sumOf(row)) }}>
                    {Number.isInteger(value) ? count(value) : figure(value, 2)}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </Scroll>
    </Section>
  )
}

const sumOf = (row: readonly number[]): number => row.reduce((sum, value) => sum + value, 0) || 1

/** Returns the background of a cell: with less than half of the colour, on which text can be read in any theme. */
const filled = (share: number): string =>
  `color-mix(in srgb, var(--series-1) ${(45 * Math.sqrt(share)).toFixed(1)}%, var(--panel))`
