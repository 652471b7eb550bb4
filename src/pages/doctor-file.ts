import { join } from 'node:path'
import { jsonIn } from '../core/json.ts'
import { figure } from '../core/text.ts'
import { writeWhole } from '../disk/whole-file.ts'
import { type Diagnosis, isFinding, severities } from '../doctor/diagnosis.ts'
import { withPieces } from './file-pieces.ts'
import type { DoctorEntry } from './views.ts'

/** Name of the file in a run's folder with what the doctor found at the end of its training. */
export const doctorFile = 'doctor.json'

/** Stores what the doctor found in the folder of the run. @param steps number of steps of the model it examined */
export const writeDoctor = (folder: string, steps: number, diagnoses: readonly Diagnosis[]): void =>
  writeWhole(join(folder, doctorFile), `${JSON.stringify({ steps, diagnoses }, null, 2)}\n`)

/** Maximum size of the file in bytes: a longer one is not read. */
const longest = 1 << 20

/** Returns what the doctor found, most severe first; undefined if the run's folder does not have it. */
export function doctorEntries(folder: string): DoctorEntry[] | undefined {
  const { diagnoses } = Object(contentIn(folder)) as { readonly diagnoses?: unknown }
  if (!Array.isArray(diagnoses)) return undefined
  return diagnoses
    .filter(isFinding)
    .toSorted((a, b) => severities.indexOf(a.severity) - severities.indexOf(b.severity))
    .map(
      ({ id, title, severity, value, threshold, advice }: Partial<Diagnosis> & Record<string, unknown>) => ({
        id: String(id),
        title: String(title),
        severity: String(severity),
        value: `${figure(Number(value))}; ${threshold}`,
        advice: String(advice),
      }),
    )
}

function contentIn(folder: string): unknown {
  try {
    return withPieces(join(folder, doctorFile), ({ size, read }) =>
      size > longest ? undefined : jsonIn(read(0, size)),
    )
  } catch {
    return undefined // a link or a device: nothing that the doctor writes
  }
}
