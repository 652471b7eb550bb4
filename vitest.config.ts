import { existsSync, mkdtempSync, rmSync, statfsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { defineConfig } from 'vitest/config'
import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** Files that replace a module or the environment that it loads in: each gets a process with modules of its own. */
const isolated = [
  'src/disk/lock.test.ts',
  'test/damaged-files.test.ts',
  'test/devices.test.ts',
  'test/doc-examples.test.ts',
  'test/golden/training-steps.test.ts',
]

/** The files that run longest, in that order, so that no worker is left with one of them at the end. */
const longest = [
  'test/site.test.ts',
  'test/cli/mpirun.test.ts',
  'test/install.test.ts',
  'test/studies.test.ts',
  'test/browser/lab.test.ts',
  'test/browser/ui.test.ts',
  'test/bundles.test.ts',
  'test/browser/gpu.test.ts',
  'test/study/workers.test.ts',
  'src/cli/study.test.ts',
  'test/browser/database.test.ts',
  'test/golden/nets.test.ts',
  'src/study/report/html.test.ts',
  'test/doctor/diagnostics.test.ts',
  'src/cli/init.test.ts',
  'src/cli/advise.test.ts',
  'test/cli/test-part.test.ts',
  'test/study/kill.test.ts',
  'test/from-file-to-answer.test.ts',
  'test/doctor/theory.test.ts',
  'test/study/report.test.ts',
  'test/train/streams.test.ts',
  'test/docs.test.ts',
  'test/golden/modules.test.ts',
  'src/nn/recurrent-run.test.ts',
  'test/cli/runs.test.ts',
  'test/resume/kill.test.ts',
  'test/cli/cli.test.ts',
  'src/data/thread.test.ts',
  'test/examples.test.ts',
  'test/architecture.test.ts',
  'test/lab/lab.test.ts',
  'test/options.test.ts',
  'src/study/advise/advise.test.ts',
  'test/cli/predict.test.ts',
  'test/train/threads.test.ts',
  'test/export-models.test.ts',
  'test/data/parquet-types.test.ts',
  'src/study/analysis/analyse.test.ts',
  'test/study/shared.test.ts',
  'src/train/run-folder.test.ts',
  'src/cli/doctor.test.ts',
]

/**
 * Makes a folder for what tests write, which goes with this process: in memory, where Linux has 4 GB of it to spare.
 * Runs flush their files, and a disk takes milliseconds for each.
 */
function temporary(): string {
  const memory = '/dev/shm'
  const { bavail = 0, bsize = 0 } = existsSync(memory) ? statfsSync(memory) : {}
  const folder = mkdtempSync(join(bavail * bsize > 4e9 ? memory : tmpdir(), 'evenstep-tests-'))
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
  return folder
}

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification): number => {
      const place = longest.findIndex((file) => moduleId.endsWith(file))
      return place < 0 ? longest.length : place
    }
    return (await super.sort(files)).sort(
      (a, b) => Number(a.project.config.isolate) - Number(b.project.config.isolate) || rank(a) - rank(b),
    )
  }
}

export default defineConfig({
  // The package imports itself by name, as its users do: in tests that is the source, not the last build.
  resolve: {
    alias: [
      { find: /^evenstep$/, replacement: new URL('./src/index.ts', import.meta.url).pathname },
      {
        find: /^evenstep\/schedule$/,
        replacement: new URL('./src/schedule/index.ts', import.meta.url).pathname,
      },
    ],
  },
  test: {
    // Far above what a test takes: a busy machine must fail none.
    testTimeout: 300_000,
    hookTimeout: 300_000,
    maxWorkers: '100%',
    globalSetup: 'test/support/built-pages.ts',
    env: { TMPDIR: temporary() },
    // Room for what a test leaves behind, in MB: by default, a tenth of the time is spent on collecting it piece by piece.
    // WebAssembly is compiled once: to compile it again, optimized, takes longer than short trainings gain.
    execArgv: ['--max-semi-space-size=64', '--min-semi-space-size=32', '--liftoff-only'],
    sequence: { sequencer: LongestFirst },
    // A worker imports the library once for all of its files.
    projects: [
      {
        extends: true,
        test: {
          name: 'shared',
          include: ['src/**/*.test.ts', 'test/**/*.test.ts'],
          exclude: isolated,
          isolate: false,
        },
      },
      { extends: true, test: { name: 'isolated', include: isolated } },
    ],
  },
})
