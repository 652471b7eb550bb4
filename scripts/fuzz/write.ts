/**
 * Writes made-up files for scripts/golden-readers.py: npx jiti scripts/fuzz/write.ts FOLDER
 *
 * File I of READER is FOLDER/READER-I, or a folder of that name; FOLDER/READER-I.json is how to read it.
 */
import { renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Draw } from './reader.ts'
import { readers } from './readers.ts'
import { write } from './run.ts'
import { sample } from './sample.ts'

const [folder] = process.argv.slice(2)
for (const reader of readers.filter(({ name }) => name in sample)) {
  for (let i = 0; i < sample[reader.name]!; i++) {
    const file = reader.make(new Draw(reader.name, 1, i))
    const path = join(folder!, `${reader.name}-${i}`)
    renameSync(write(file, folder!), path)
    writeFileSync(`${path}.json`, JSON.stringify(file.about))
  }
}
