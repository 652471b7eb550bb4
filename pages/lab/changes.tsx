import type { JSX } from 'preact'
import { editNet, frame, intervene, isBusy, nameOf, runs, setting } from './lab.ts'
import type { Change, Net } from './setting.ts'

type Kind = Change['kind']

interface Action {
  readonly text: string
  readonly says: string
  /** Whether it makes sense for a net as it is. */
  readonly fits: (net: Net, has: (kind: Kind) => boolean) => boolean
  readonly make: (step: number) => Change
}

const actions: readonly Action[] = [
  {
    text: 'Rate ÷ 2',
    says: 'Halves the rate from now on.',
    fits: () => true,
    make: (step) => ({ step, kind: 'rate', factor: 0.5 }),
  },
  {
    text: 'Rate × 2',
    says: 'Doubles the rate from now on.',
    fits: () => true,
    make: (step) => ({ step, kind: 'rate', factor: 2 }),
  },
  {
    text: 'Freeze BN',
    says: 'Keeps the running statistics, γ and β as they are, and trains with them.',
    fits: (net, has) => net.normalization === 'batch' && !has('freeze'),
    make: (step) => ({ step: Math.max(1, step), kind: 'freeze' }), // before the first step, there are none to keep
  },
  {
    text: 'No decay',
    says: 'Takes the weight decay away.',
    fits: (net, has) => net.weightDecay > 0 && !has('noDecay') && !has('decayFree'),
    make: (step) => ({ step, kind: 'noDecay' }),
  },
  {
    text: 'Decay → rate',
    says: 'Takes the weight decay away, and raises the rate as toWeightDecayFree says: the same course without decay.',
    fits: (net, has) => net.weightDecay > 0 && !has('noDecay') && !has('decayFree'),
    make: (step) => ({ step, kind: 'decayFree' }),
  },
]

/** Buttons that change a net while it trains, and the changes that were made, which the next training repeats. */
export function Changes({ place }: { readonly place: number }): JSX.Element | null {
  frame.value // a run may have ended
  const net = setting.value.nets[place]!
  const isLive = isBusy.value && runs.value[place]?.state === 'training'
  const has = (kind: Kind): boolean => net.changes.some((change) => change.kind === kind)
  if (!isLive && net.changes.length === 0) return null
  return (
    <div class="changes">
      {isLive && (
        <fieldset class="actions">
          <legend class="hidden">Change net {nameOf(place)} while it trains</legend>
          {actions
            .filter(({ fits }) => fits(net, has))
            .map(({ text, says, make }) => (
              <button key={text} type="button" title={says} onClick={() => intervene(place, make)}>
                {text}
              </button>
            ))}
        </fieldset>
      )}
      <ul>
        {net.changes.map((change, i) => (
          <li key={i}>
            from step {change.step.toLocaleString('en')}: {textOf(change)}
            {!isBusy.value && (
              <button
                type="button"
                class="quiet"
                onClick={() => editNet(place, { changes: net.changes.filter((_, other) => other !== i) })}
              >
                undo<span class="hidden"> {textOf(change)}</span>
              </button>
            )}
          </li>
        ))}
      </ul>
    </div>
  )
}

const texts: Readonly<Record<Exclude<Kind, 'rate'>, string>> = {
  freeze: 'batch normalization frozen',
  noDecay: 'no weight decay',
  decayFree: 'a growing rate in place of the decay',
}

const textOf = (change: Change): string =>
  change.kind === 'rate' ? `rate × ${Number(change.factor.toPrecision(3))}` : texts[change.kind]
