/** Writes schema/schedule.json and schema/experiment.json, JSON Schemas for editors: `node scripts/schema.mjs && npm run format`. */
import { writeFileSync } from 'node:fs'
import { createJiti } from 'jiti'

const jiti = createJiti(import.meta.url)
const { scheduleJsonSchema } = await jiti.import('./schedule-schema.ts')
const { experimentJsonSchema } = await jiti.import('./experiment-schema.ts')
const schemas = { schedule: scheduleJsonSchema(), experiment: experimentJsonSchema() }
for (const [name, schema] of Object.entries(schemas)) {
  const file = new URL(`../schema/${name}.json`, import.meta.url)
  writeFileSync(file, `${JSON.stringify(schema, null, 2)}\n`)
}
