import 'vitest'

declare module 'vitest' {
  export interface ProvidedContext {
    /** The simulator's MP4, in base64. */
    picture: string
    /** Plain Node only: how often a fuzz test of the providers runs. */
    fuzzRuns: number
    /** workerd only: how many requests the contract fuzz sends, and the seed and path of a run to repeat. */
    contractFuzz: { requests: number; seed: number | null; path: string | null }
    /** `packages` only: a local deployment with simulated providers, which all files share. */
    deployment: { url: string; adminApiKey: string; simulatorUrl: string }
  }
}
