import { type ReadonlySignal, signal } from '@preact/signals'

/** A choice of colours: those that the system prefers, or always light or dark ones. */
export type Theme = 'system' | 'light' | 'dark'

const themes: readonly Theme[] = ['system', 'light', 'dark']
const key = 'evenstep-theme'

const chosen = signal<Theme>(stored())
const changes = signal(0)

/** The reader's choice of colours. */
export const theme: ReadonlySignal<Theme> = chosen

/** A number that changes when the colours in effect do: what is drawn on a canvas must be drawn again. */
export const colorChanges: ReadonlySignal<number> = changes

/** Chooses colours, and remembers the choice for this site. */
export function choose(next: Theme): void {
  chosen.value = next
  try {
    localStorage.setItem(key, next)
  } catch {} // a page without storage forgets the choice
  apply()
}

/** Returns the theme that follows another one when a reader goes through them. */
export const nextTheme = (now: Theme): Theme => themes[(themes.indexOf(now) + 1) % themes.length]!

/** Applies the stored choice, and follows the system and the printer from now on. Call once, before the first paint. */
export function startTheme(): void {
  apply()
  for (const query of ['(prefers-color-scheme: dark)', 'print'])
    matchMedia(query).addEventListener('change', () => changes.value++)
}

function apply(): void {
  if (chosen.value === 'system') delete document.documentElement.dataset.theme
  else document.documentElement.dataset.theme = chosen.value
  changes.value++
}

function stored(): Theme {
  try {
    return themes.find((name) => name === localStorage.getItem(key)) ?? 'system'
  } catch {
    return 'system'
  }
}
