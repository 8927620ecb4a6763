/** Remote URL → R2: a video that its provider made, checked and kept. What fails leaves nothing in R2. */
import type { Result } from '../core/fault.ts'
import { openUrl, type RemoteSettings } from './open-url.ts'
import type { StoredObject } from './write.ts'
import { type VideoSettings, writeVideo } from './write-video.ts'

export interface DownloadSettings extends RemoteSettings, VideoSettings {}

/** `keyOf` names the object once its type is known, from its first bytes. */
export async function downloadVideo(
  settings: DownloadSettings,
  url: string,
  keyOf: (extension: string) => string,
): Promise<Result<StoredObject>> {
  const source = await openUrl(settings, url)
  if (!source.ok) return source
  try {
    return await writeVideo(settings, source.value, keyOf)
  } finally {
    source.value.close()
  }
}
