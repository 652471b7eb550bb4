import type { Module } from '../nn/module.ts'
import type { Experiment } from './experiment.ts'

/** Returns a new model of an experiment, without weights. */
export const newModel = ({ model, modelOptions = {} }: Pick<Experiment, 'model' | 'modelOptions'>): Module =>
  model(modelOptions as never)
