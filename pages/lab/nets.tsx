import type { JSX } from 'preact'
import { ChoiceField } from './choice-field.tsx'
import { dataNames, dataSets } from './data-sets.ts'
import { addNet, edit, isBusy, setting } from './lab.ts'
import { NetCard } from './net-card.tsx'
import { NumberField } from './number-field.tsx'
import { limits, mostNets } from './setting.ts'

const titles = Object.fromEntries(dataNames.map((name) => [name, dataSets[name]!.title]))

/** What all nets share, and a card for each net. */
export function Nets(): JSX.Element {
  const { data, nets } = setting.value
  const number = (name: keyof typeof limits, label: string): JSX.Element => (
    <NumberField
      label={label}
      value={setting.value[name]}
      limits={limits[name]}
      onChange={(value) => edit({ [name]: value })}
    />
  )
  return (
    <section aria-labelledby="nets">
      <div class="head">
        <h2 id="nets">Nets</h2>
        {nets.length < mostNets && (
          <button type="button" class="quiet" disabled={isBusy.value} onClick={addNet}>
            Add a net
          </button>
        )}
      </div>
      <fieldset class="fields" disabled={isBusy.value}>
        <legend class="hidden">What all nets share</legend>
        <ChoiceField label="Data" value={data} choices={titles} onChange={(name) => edit({ data: name })} />
        {number('batchSize', 'Batch size')}
        {number('steps', 'Steps')}
        {number('seed', 'Seed')}
        <p class="soft note">{dataSets[data]!.says}</p>
      </fieldset>
      <div class="cards">
        {nets.map((_, place) => (
          <NetCard key={place} place={place} />
        ))}
      </div>
    </section>
  )
}
