/** Writes schema/schedule.json, the JSON Schema for editors: `node scripts/schema.mjs && npm run format`. */
import { writeFileSync } from 'node:fs'
import { createJiti } from 'jiti'

const jiti = createJiti(import.meta.url)
const { scheduleJsonSchema } = await jiti.import('./schedule-schema.ts')
const file = new URL('../schema/schedule.json', import.meta.url)
writeFileSync(file, `${JSON.stringify(scheduleJsonSchema(), null, 2)}\n`)
