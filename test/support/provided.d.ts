import 'vitest'

declare module 'vitest' {
  export interface ProvidedContext {
    /** The simulator's MP4, in base64. */
    picture: string
  }
}
