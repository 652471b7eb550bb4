import type { Findings } from '../analysis/findings.ts'
import { readableJson } from './json.ts'
import { type Content, tableBlock } from './section.ts'

/** Makes the report section on how to run the study again: its command, definition, seeds and versions. */
export const repeatSection = ({ repeat }: Findings): Content => [
  { type: 'code', title: 'Command', language: 'sh', text: repeat.command },
  { type: 'code', title: 'Study', language: 'json', text: readableJson(repeat.study) },
  { type: 'paragraph', text: `Seeds: ${repeat.seeds.join(', ')}.` },
  tableBlock('Versions', 1, ['what', 'version'], Object.entries(repeat.versions)),
]
