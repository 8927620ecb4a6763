import 'vitest'

declare module 'vitest' {
  export interface ProvidedContext {
    /** The simulator's MP4, in base64. */
    picture: string
    /** Plain Node only: how often a fuzz test of the providers runs. */
    fuzzRuns: number
  }
}
