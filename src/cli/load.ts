import { dirname, extname, resolve } from 'node:path'
import { define, parseStudy, type Study } from '../study/study.ts'
import { experimentOf, type Loaded, loadValue, stemOf } from '../train/experiment-file.ts'

/** Loads a study from a file (module or JSON), with its experiment and the path of the experiment's file. */
export async function loadStudy(file: string): Promise<Loaded & { readonly study: Study }> {
  const loaded = await loadValue(file, 'study', 'the file of a study')
  const study =
    extname(file) === '.json' ? await parseStudy(loaded, dirname(resolve(file))) : define(loaded as Study)
  return {
    study: { ...study, name: study.name ?? stemOf(file) },
    ...(await experimentOf(study.experiment, file)),
  }
}
