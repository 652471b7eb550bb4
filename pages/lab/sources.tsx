import type { JSX } from 'preact'
import { dataSets } from './data-sets.ts'

/** Where the data come from, and how the numbers come about. */
export function Sources(): JSX.Element {
  return (
    <>
      <h2>Where this comes from</h2>
      <p>
        The nets are trained by the library itself, in workers of this page, on WebAssembly. An experiment
        file, trained by <code>evenstep train --device wasm</code>, gives the same numbers to the last bit.
        The link of this page holds the whole setting, with the changes that were made while training, which
        the next training repeats at the same steps.
      </p>
      <ul class="sources soft">
        {Object.values(dataSets).map(({ title, source }) => (
          <li key={title}>
            {title}: {source}
          </li>
        ))}
      </ul>
    </>
  )
}
