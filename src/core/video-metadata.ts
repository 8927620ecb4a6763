/** What a video's own header tells of it. No I/O. No clock. */

/** Null where the header does not tell, or could not be read. */
export interface VideoMetadata {
  /** As it is shown: in square pixels, and turned as the file says. */
  width: number | null
  height: number | null
  durationSeconds: number | null
  /** Frames in a second. */
  frameRate: number | null
  videoCodec: string | null
  audioCodec: string | null
  hasAudio: boolean | null
}

export const noMetadata: VideoMetadata = {
  width: null,
  height: null,
  durationSeconds: null,
  frameRate: null,
  videoCodec: null,
  audioCodec: null,
  hasAudio: null,
}
