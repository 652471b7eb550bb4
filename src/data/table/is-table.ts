const tables = new WeakSet<object>()

/** Registers a table, so that it can be recognized without importing what reads and encodes tables. */
export const registerTable = (table: object): void => void tables.add(table)

/** Whether a value is a registered table. */
export const isRegisteredTable = (value: unknown): boolean => tables.has(value as object)
