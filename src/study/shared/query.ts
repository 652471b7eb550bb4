/**
 * A function that runs one SQL statement and resolves to its rows.
 *
 * @param seconds time after which the connection counts as lost if the server has not answered. @default 60
 */
export type Query = <Row>(sql: string, values?: readonly unknown[], seconds?: number) => Promise<Row[]>
