/** Assets: the videos made by jobs, and the uploaded inputs. */

import { linkInResponse } from '../links.ts'
import type { ScenarioTask, SimulatedOutput } from '../task.ts'
import type { World } from '../world.ts'
import type { ScenarioRequest } from './request.ts'
import type { MediaKind } from './sniff.ts'
import { importedKind, type Upload } from './upload.ts'

type Asset =
  | { from: 'job'; kind: 'video'; task: ScenarioTask; output: SimulatedOutput }
  | { from: 'upload'; kind: MediaKind; upload: Upload }

/** The link of a made video is signed again at each request. An upload's bytes are not stored, so it has no link. */
export function assetView(world: World, assetId: string): unknown {
  const asset = findAsset(world, assetId)
  switch (asset?.from) {
    case undefined:
      return undefined
    case 'upload': {
      const { entityId, contentType, fileSize, fileName, createdAt } = asset.upload
      return {
        id: entityId,
        kind: asset.kind,
        mimeType: contentType,
        metadata: { type: 'uploaded', name: fileName },
        properties: { size: fileSize },
        createdAt: new Date(createdAt).toISOString(),
      }
    }
    case 'job': {
      const { task, output } = asset
      const { seed, ...input } = task.request
      return {
        id: output.outputId,
        kind: 'video',
        mimeType: 'video/mp4',
        url: linkInResponse(world, task, output),
        metadata: {
          type: 'custom-generation',
          jobId: task.taskId,
          modelId: task.model,
          ...input,
          ...(seed !== undefined && { seed: String(seed) }),
        },
        properties: { size: output.sizeBytes },
        createdAt: new Date(output.endsAt).toISOString(),
      }
    }
  }
}

/** One message for each asset that does not exist, or has the wrong kind for its field. */
export function assetFaults(world: World, request: ScenarioRequest): string[] {
  const { image, lastFrameImage, referenceImages, referenceVideos, referenceAudio } = request
  const fields: [name: string, kind: MediaKind, assetIds: (string | undefined)[]][] = [
    ['image', 'image', [image]],
    ['lastFrameImage', 'image', [lastFrameImage]],
    ['referenceImages', 'image', referenceImages ?? []],
    ['referenceVideos', 'video', referenceVideos ?? []],
    ['referenceAudio', 'audio', referenceAudio ?? []],
  ]
  return fields.flatMap(([name, kind, assetIds]) =>
    assetIds.flatMap((assetId) => {
      if (assetId === undefined) return []
      const asset = findAsset(world, assetId)
      if (asset === undefined) return [`${name}: There is no asset ${assetId}`]
      return asset.kind === kind ? [] : [`${name}: ${assetId} is not of kind ${kind}`]
    }),
  )
}

function findAsset(world: World, assetId: string): Asset | undefined {
  const made = world.outputs.get(assetId)
  if (made?.task.provider === 'scenario') {
    const { task, output } = made
    const exists =
      output.failure === undefined && task.directives.link !== 'missing' && world.edges.now() >= output.endsAt
    return exists ? { from: 'job', kind: 'video', task, output } : undefined
  }
  const upload = [...world.uploads.values()].find(({ entityId }) => entityId === assetId)
  const kind = upload && importedKind(upload, world.edges.now())
  return upload && kind && { from: 'upload', kind, upload }
}
