/** What is wrong with the assets that a request names: they are not there, or of another kind than their field wants. */
import { assetsIn, kindAt, type MediaFields } from '../../core/request/media.ts'
import type { Asset } from '../../store/jobs/assets.ts'
import type { FieldFault } from '../problems.ts'

/** `assets`: those that the request may use, by id. */
export function assetFaults(request: Partial<MediaFields>, assets: ReadonlyMap<string, Asset>): FieldFault[] {
  return assetsIn(request).flatMap(({ path, id }) => {
    const asset = assets.get(id)
    if (asset === undefined)
      return [{ path, message: 'is no asset that is here: it was deleted, or never uploaded' }]
    if (asset.kind === kindAt(path)) return []
    return [
      { path, message: `takes an asset of kind ${kindAt(path)}, and this one is of kind ${asset.kind}` },
    ]
  })
}
