export { type CsvLogOptions, csv } from './csv.ts'
export { type TensorBoardOptions, tensorBoard } from './tensorboard.ts'
