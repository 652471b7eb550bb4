// Runs that are kept in the origin-private file system, for a page as well as for a worker.
export { listRuns as list, readOfRun as read, removeRun as remove } from './origin.ts'
