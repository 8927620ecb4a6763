/** Metadata from a video's header. No I/O. No clock. */

/** A value is null if the header does not contain it or could not be read. */
export interface VideoMetadata {
  /** As displayed: in square pixels, and with the rotation of the file applied. */
  width: number | null
  height: number | null
  durationSeconds: number | null
  /** Frames per second. */
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
