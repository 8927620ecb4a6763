/** The simulated providers. */
export const providerNames = ['runware', 'crun', 'scenario', 'aimlapi'] as const

export type ProviderName = (typeof providerNames)[number]
