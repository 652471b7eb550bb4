import { defineConfig } from 'vite'

export default defineConfig({
  build: { rolldownOptions: { input: ['index.html', 'digits.html'] }, target: 'es2023' },
  worker: { format: 'es' },
  server: { fs: { allow: ['../..'] } }, // the package and its digits
})
