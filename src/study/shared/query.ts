/** A function that runs one SQL statement and resolves to its rows. */
export type Query = <Row>(sql: string, values?: readonly unknown[]) => Promise<Row[]>
