import { defineConfig } from 'vitest/config'

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
    include: ['src/**/*.test.ts', 'test/**/*.test.ts'],
    testTimeout: 60_000,
  },
})
