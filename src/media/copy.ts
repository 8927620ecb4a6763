/** Remote URL → R2: a video that its provider made, checked and kept. What fails leaves nothing in R2. */
import type { Result } from '../core/fault.ts'
import type { Kept } from './keep.ts'
import { keepVideo, type VideoSettings } from './keep-video.ts'
import { openRemote, type RemoteSettings } from './remote.ts'

export interface CopySettings extends RemoteSettings, VideoSettings {}

/** `keyOf` names the object once its type is known, from its first bytes. */
export async function copyToBucket(
  settings: CopySettings,
  url: string,
  keyOf: (extension: string) => string,
): Promise<Result<Kept>> {
  const source = await openRemote(settings, url)
  if (!source.ok) return source
  try {
    return await keepVideo(settings, source.value, keyOf)
  } finally {
    source.value.close()
  }
}
