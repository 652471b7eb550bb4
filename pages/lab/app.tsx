import type { JSX } from 'preact'
import { choose, nextTheme, theme } from '../shared/theme.ts'
import { Charts } from './charts.tsx'
import { Guide } from './guide.tsx'
import { complaint } from './lab.ts'
import { Layers } from './layers.tsx'
import { Nets } from './nets.tsx'
import { Sources } from './sources.tsx'
import { Transport } from './transport.tsx'

export function App(): JSX.Element {
  return (
    <>
      <header>
        <h1>Evenstep lab</h1>
        <button type="button" class="quiet" onClick={() => choose(nextTheme(theme.value))}>
          Colours: {theme.value}
        </button>
        <p>
          Train small neural networks side by side, from the same seed and the same batches, and watch what
          batch normalization, learning rates and weight decay do to each other. Everything runs in this page.
        </p>
      </header>
      <main>
        <Guide />
        <div class="bench">
          <Nets />
          <div class="results">
            <Transport />
            <p role="alert" class="complaint">
              {complaint.value}
            </p>
            <Charts />
            <Layers />
          </div>
        </div>
      </main>
      <footer>
        <Sources />
      </footer>
    </>
  )
}
