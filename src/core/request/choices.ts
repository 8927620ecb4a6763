/** The values that the fields of a request can have. Plain data, so that the published client can use them too. */

export const models = ['seedance-2.0', 'seedance-2.0-fast', 'seedance-2.0-mini', 'seedance-2.5'] as const
export type Model = (typeof models)[number]

/** The providers that sell videos. */
export const sellerNames = ['runware', 'crun', 'scenario', 'aimlapi', 'byteplus', 'fal'] as const
export type SellerName = (typeof sellerNames)[number]

/** With `simulator`, which is part of Reelhook and makes no real video. */
export const providerNames = [...sellerNames, 'simulator'] as const
export type ProviderName = (typeof providerNames)[number]

/** The values of `provider` that let Reelhook choose. */
export const selections = ['auto', 'cheapest', 'fastest'] as const
export type Selection = (typeof selections)[number]

export const resolutions = ['480p', '720p', '1080p', '4k'] as const
export type Resolution = (typeof resolutions)[number]

export const aspectRatios = ['21:9', '16:9', '4:3', '1:1', '3:4', '9:16', 'auto'] as const
export type AspectRatio = (typeof aspectRatios)[number]

export const outputFormats = ['mp4', 'mov'] as const
export type OutputFormat = (typeof outputFormats)[number]

export const maxCount = 4
