import type { JSX } from 'preact'
import { Changes } from './changes.tsx'
import { ChoiceField } from './choice-field.tsx'
import { dataSets } from './data-sets.ts'
import { editNet, isBusy, nameOf, removeNet, setting } from './lab.ts'
import { NumberField } from './number-field.tsx'
import { ScheduleField } from './schedule-field.tsx'
import { defaultNet, type Net, type NetNumber, type NormalizationName, netLimits } from './setting.ts'

const names: Readonly<Record<NormalizationName, string>> = {
  batch: 'batch',
  layer: 'layer',
  none: 'none',
}

const fields: readonly (readonly [name: NetNumber, label: string, says: string])[] = [
  ['depth', 'Hidden layers', 'Number of layers between input and output.'],
  ['width', 'Width', 'Number of units in each hidden layer.'],
  ['rate', 'Rate', 'Highest learning rate; the schedule is a share of it.'],
  ['weightDecay', 'Weight decay', 'Pull of each weight towards 0, times the rate.'],
]

const more: typeof fields = [
  ['momentum', 'Momentum', 'How much of the last step each step keeps.'],
  ['statistics', 'Statistics', 'Weight of the newest batch in the running statistics.'],
  ['scale', 'Weights ×', 'Factor of the hidden layers’ first weights.'],
  ['hiddenRate', 'Hidden rate ×', 'Factor of the hidden layers’ learning rates.'],
]

/** The settings of a net, and what can be changed while it trains. */
export function NetCard({ place }: { readonly place: number }): JSX.Element {
  const { nets, data } = setting.value
  const net = nets[place]!
  const name = nameOf(place)
  return (
    <article class="card" style={{ '--net': `var(--series-${place})` }} aria-labelledby={`net-${place}`}>
      <h3 id={`net-${place}`}>
        <span class="badge">{name}</span> {sizeOf(net, data)}
      </h3>
      {nets.length > 1 && (
        <button type="button" class="quiet remove" disabled={isBusy.value} onClick={() => removeNet(place)}>
          Remove<span class="hidden"> net {name}</span>
        </button>
      )}
      <fieldset class="fields" disabled={isBusy.value}>
        <legend class="hidden">Net {name}</legend>
        <ChoiceField
          label="Normalization"
          value={net.normalization}
          choices={names}
          onChange={(value) => editNet(place, withKind(net, value as NormalizationName))}
        />
        {fields.map((field) => (
          <NetField key={field[0]} place={place} field={field} />
        ))}
        <ScheduleField place={place} />
        <More place={place} />
      </fieldset>
      <Changes place={place} />
    </article>
  )
}

/** Settings that are seldom changed. */
function More({ place }: { readonly place: number }): JSX.Element {
  const net = setting.value.nets[place]!
  const shown = more.filter(([field]) => field !== 'statistics' || net.normalization === 'batch')
  return (
    <details open={more.some(([field]) => net[field] !== defaultNet[field])}>
      <summary>More</summary>
      <div class="fields">
        {shown.map((field) => (
          <NetField key={field[0]} place={place} field={field} />
        ))}
      </div>
    </details>
  )
}

function NetField(props: { readonly place: number; readonly field: (typeof fields)[number] }): JSX.Element {
  const [field, label, says] = props.field
  return (
    <NumberField
      label={label}
      says={says}
      value={setting.value.nets[props.place]![field]}
      limits={netLimits[field]}
      onChange={(value) => editNet(props.place, { [field]: value })}
    />
  )
}

/** What freezes statistics goes with batch normalization. */
const withKind = (net: Net, normalization: NormalizationName): Partial<Net> => ({
  normalization,
  changes: net.changes.filter(({ kind }) => kind !== 'freeze' || normalization === 'batch'),
})

/** Returns the sizes of a net's layers, such as `100-100-10`. */
function sizeOf({ depth, width }: Net, data: string): string {
  const { inputs, classes } = dataSets[data]!
  const hidden = depth <= 3 ? Array(depth).fill(width) : [`${width}×${depth}`]
  return [inputs, ...hidden, classes.length].join('-')
}
