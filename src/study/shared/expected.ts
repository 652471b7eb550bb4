import { ArgumentError, DamagedError } from '../../core/errors.ts'
import { jsonIn } from '../../core/json.ts'
import { readInside } from '../../disk/inside.ts'
import type { Experiment } from '../../train/experiment.ts'
import { identityOf } from '../run/identity.ts'
import { experimentDifference } from '../run/same-study.ts'
import { keyOfSources, readSources } from './sources.ts'

/** What a worker's experiment must be to run the trials of a study, as JSON in a file. */
export interface ExpectedExperiment {
  /** Key of the experiment's sources. */
  readonly key: string
  /** Path of the experiment's file where the study was planned, which the files of trials name. */
  readonly origin: string
  /** The experiment and its data, as `identityOf` describes them. */
  readonly identity: Readonly<Record<string, unknown>>
}

/**
 * Checks that an experiment and its data are those of a study.
 *
 * @param path file of an `ExpectedExperiment`
 * @param origin file of the experiment
 * @returns the content of the file
 * @throws {ArgumentError} when the files of the experiment, its options or its data differ.
 */
export function checkExperimentOf(path: string, experiment: Experiment, origin: string): ExpectedExperiment {
  const expected = jsonIn(readInside(path) ?? '') as ExpectedExperiment | undefined
  if (expected === undefined) throw new DamagedError(`${path}: wanted JSON, got something else; repeat`)
  if (keyOfSources(readSources(origin)) !== expected.key) {
    throw new ArgumentError(
      `wanted its experiment, got ${origin}, which differs by a byte or more, or imports another file; ` +
        'copy it from where the study was planned',
    )
  }
  const now = identityOf(experiment)
  const [wanted, got] = [expected.identity, now].map(({ data }) => Object(data).fingerprint as string)
  if (wanted !== got) {
    throw new ArgumentError(
      `wanted its training and validation data, with fingerprint ${wanted}, got others, with ${got}; ` +
        'use those with which it was planned',
    )
  }
  const difference = experimentDifference(expected.identity, now)
  if (difference === undefined) return expected
  throw new ArgumentError(`wanted its experiment, got ${difference}; use the files with which it was planned`)
}
