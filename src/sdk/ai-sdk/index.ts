/** Reelhook as a provider of the AI SDK (`ai`). */
export type { ReelhookVideoOptions } from './options.ts'
export { createReelhook, type ReelhookProvider, type ReelhookSettings, reelhook } from './provider.ts'
export type { ReelhookVideoModel, ReelhookVideoModelId } from './types.ts'
