/** The simulated providers. */
export const providerNames = ['runware', 'crun', 'scenario', 'aimlapi', 'byteplus', 'fal'] as const

export type ProviderName = (typeof providerNames)[number]
