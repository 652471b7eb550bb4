import { defineConfig } from 'vitest/config'
import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** Files that replace a module or the environment that it loads in: each gets a process with modules of its own. */
const isolated = ['test/damaged-files.test.ts', 'test/devices.test.ts', 'test/golden/training-steps.test.ts']

/** The files that run longest, in that order, so that no worker is left with one of them at the end. */
const longest = [
  'src/study/report/html.test.ts',
  'test/studies.test.ts',
  'src/cli/study.test.ts',
  'test/study/kill.test.ts',
  'src/cli/advise.test.ts',
  'test/cli/cli.test.ts',
  'test/examples.test.ts',
  'test/resume/kill.test.ts',
  'src/cli/doctor.test.ts',
  'test/doctor/diagnostics.test.ts',
]

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
    testTimeout: 60_000,
    hookTimeout: 60_000,
    maxWorkers: '100%',
    // Room for what a test leaves behind, in MB: by default, a tenth of the time is spent on collecting it piece by piece.
    execArgv: ['--max-semi-space-size=64', '--min-semi-space-size=32'],
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
