import type { JSX } from 'preact'
import { useId, useState } from 'preact/hooks'
import { faultOf, type Limits } from './setting.ts'

interface NumberFieldProps {
  readonly label: string
  readonly value: number
  readonly limits: Limits
  /** What the number means, in a sentence. */
  readonly says?: string
  readonly onChange: (value: number) => void
}

/** A field for a number; what is entered and not in its limits stays there, with a word on what is wanted. */
export function NumberField({ label, value, limits, says, onChange }: NumberFieldProps): JSX.Element {
  const id = useId()
  const [wrong, setWrong] = useState<string>()
  const fault = wrong === undefined ? undefined : faultOf(numberIn(wrong), limits)
  const enter = (text: string): void => {
    const entered = numberIn(text)
    const isWrong = faultOf(entered, limits) !== undefined
    setWrong(isWrong ? text : undefined)
    if (!isWrong) onChange(entered)
  }
  return (
    <label class="field" title={says}>
      <span>{label}</span>
      <input
        inputMode="decimal"
        autocomplete="off"
        value={fault === undefined ? String(value) : wrong}
        aria-invalid={fault !== undefined}
        aria-describedby={fault === undefined ? undefined : id}
        onChange={({ currentTarget }) => enter(currentTarget.value)}
      />
      {fault !== undefined && (
        <small class="fault" id={id}>
          wanted {fault}
        </small>
      )}
    </label>
  )
}

const numberIn = (text: string): number => (text.trim() === '' ? Number.NaN : Number(text))
