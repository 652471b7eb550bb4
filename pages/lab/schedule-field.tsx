import { schedule } from 'evenstep'
import type { JSX } from 'preact'
import { useId, useState } from 'preact/hooks'
import { ChoiceField } from './choice-field.tsx'
import { editNet, isBusy, nameOf, setting } from './lab.ts'
import { ScheduleDrawing } from './schedule-drawing.tsx'

/** Schedules to choose from, as shares of the highest rate. */
const presets: Readonly<Record<string, string>> = {
  constant: '1',
  cosine: 'cosine 1 to 0',
  'warmup, cosine': 'warmup 5% + cosine 1 to 0',
  linear: 'linear 1 to 0',
  steps: "multiStep(1, milestones: ['50%', '75%'])",
  'one cycle': 'oneCycle 1',
  'warm restarts': "cosineAnnealingWarmRestarts(1, t0: '25%')",
  triangles: "cyclic(0.1, maxLr: 1, stepSizeUp: '12.5%')",
}

/** What stands for a schedule that is none of the presets. */
const own = 'as drawn or written'
const names = Object.fromEntries(Object.keys(presets).map((name) => [name, name]))

/** A net's schedule: chosen, drawn, or written as text. */
export function ScheduleField({ place }: { readonly place: number }): JSX.Element {
  const { steps, nets } = setting.value
  const { shape } = nets[place]!
  const [wrong, setWrong] = useState<string>()
  const name = wrong === undefined ? (Object.keys(presets).find((one) => presets[one] === shape) ?? own) : own
  const take = (text: string): void => {
    const fault = faultIn(text, steps)
    setWrong(fault === undefined ? undefined : text)
    if (fault === undefined) editNet(place, { shape: text })
  }
  const shown = wrong ?? shape
  const fault = faultIn(shown, steps)
  return (
    <div class="schedule">
      <ChoiceField
        label="Schedule"
        value={name}
        choices={{ ...(name === own && { [own]: own }), ...names }}
        onChange={(one) => take(presets[one]!)}
      />
      <ScheduleDrawing
        label={`Schedule of net ${nameOf(place)}`}
        curve={fault === undefined ? curveOf(shown, steps) : undefined}
        disabled={isBusy.value}
        onDraw={take}
      />
      <ScheduleText place={place} shown={shown} fault={fault} onInput={take} />
    </div>
  )
}

interface ScheduleTextProps {
  readonly place: number
  readonly shown: string
  readonly fault: string | undefined
  readonly onInput: (text: string) => void
}

function ScheduleText({ place, shown, fault, onInput }: ScheduleTextProps): JSX.Element {
  const id = useId()
  return (
    <label class="field text">
      <span class="hidden">Schedule of net {nameOf(place)} as text</span>
      <input
        spellcheck={false}
        autocomplete="off"
        value={shown}
        aria-invalid={fault !== undefined}
        aria-describedby={fault === undefined ? undefined : id}
        onInput={({ currentTarget }) => onInput(currentTarget.value)}
      />
      {fault !== undefined && (
        <small class="fault" id={id}>
          {fault}
        </small>
      )}
    </label>
  )
}

const curveOf = (text: string, steps: number): ((step: number) => number) => schedule.over(text, steps)

/** Says what is wrong with the text of a schedule; undefined if nothing is. */
function faultIn(text: string, steps: number): string | undefined {
  try {
    const curve = curveOf(text, steps)
    for (const step of [0, Math.floor(steps / 2), steps - 1]) {
      const value = curve(step)
      if (!(Number.isFinite(value) && value >= 0))
        return `wanted shares of the rate ≥ 0, got ${value} at step ${step}`
    }
    return undefined
  } catch (error) {
    return (error as Error).message
  }
}
