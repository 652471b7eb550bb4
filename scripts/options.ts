/** Writes docs/options.md, the page of all options: `npx jiti scripts/options.ts`. */
import { writeFileSync } from 'node:fs'
import { optionsPage, optionTakers } from './option-takers.ts'

writeFileSync(new URL('../docs/options.md', import.meta.url), optionsPage(optionTakers()))
