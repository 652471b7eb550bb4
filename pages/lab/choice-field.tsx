import type { JSX } from 'preact'

interface ChoiceFieldProps {
  readonly label: string
  readonly value: string
  /** Texts of the choices, by value. */
  readonly choices: Readonly<Record<string, string>>
  readonly onChange: (value: string) => void
}

/** A field in which one of several values is chosen. */
export function ChoiceField({ label, value, choices, onChange }: ChoiceFieldProps): JSX.Element {
  return (
    <label class="field">
      <span>{label}</span>
      <select value={value} onChange={({ currentTarget }) => onChange(currentTarget.value)}>
        {Object.entries(choices).map(([one, text]) => (
          <option key={one} value={one}>
            {text}
          </option>
        ))}
      </select>
    </label>
  )
}
