import type { JSX } from 'preact'
import { figure } from '../../src/core/text.ts'
import type { Histogram } from './histogram.ts'
import { frame, mode, nameOf, runs } from './lab.ts'

const [width, height] = [180, 56]

/** How the values that enter each hidden layer's ReLU are distributed. */
export function Layers(): JSX.Element | null {
  frame.value
  const all = runs.value
  if (all.every(({ report }) => report === undefined)) return null
  return (
    <section aria-labelledby="layers">
      <h2 id="layers">Activations</h2>
      <p class="soft">
        How the values that enter each hidden layer’s ReLU are distributed over a thousand examples,{' '}
        {mode.value === 'eval' ? 'by running statistics' : 'by the statistics of these examples'}. ReLU lets
        only what is right of the line through.
      </p>
      <div class="layers">
        {all.map((run, place) => (
          <div key={place} class="row" style={{ '--net': `var(--series-${place})` }}>
            <h3>
              <span class="badge">{nameOf(place)}</span>
              <span class="hidden">: distributions</span>
            </h3>
            {run.report?.[mode.value].activations.map((histogram, i) => (
              <Bars key={i} histogram={histogram} name={`layer ${i + 1}`} />
            ))}
          </div>
        ))}
      </div>
    </section>
  )
}

function Bars({ histogram, name }: { readonly histogram: Histogram; readonly name: string }): JSX.Element {
  const { low, high, shares, mean, deviation } = histogram
  const isShown = Number.isFinite(low) && Number.isFinite(high)
  const top = Math.max(...shares)
  const wide = width / shares.length
  const path = (isShown ? shares : []).map((share, i) => {
    const y = height * (1 - share / top)
    return `M${(i * wide).toFixed(1)},${height}V${y.toFixed(1)}h${(wide * 0.9).toFixed(1)}V${height}`
  })
  const zero = low < 0 && high > 0 ? (-low / (high - low)) * width : undefined
  const text = isShown ? `mean ${figure(mean, 2)}, deviation ${figure(deviation, 2)}` : 'numbers too large'
  return (
    <figure class="bars">
      <svg viewBox={`0 0 ${width} ${height}`} role="img" aria-label={`${name}: ${text}`}>
        <path d={path.join('')} />
        {zero !== undefined && <line x1={zero} x2={zero} y1="0" y2={height} />}
      </svg>
      <figcaption>
        {name} <span class="soft">{text}</span>
      </figcaption>
    </figure>
  )
}
