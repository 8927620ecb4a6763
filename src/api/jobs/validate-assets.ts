/** The faults of the assets that a request names: they do not exist, or are of the wrong kind. */
import { assetsIn, kindAt, type MediaFields } from '../../core/request/media.ts'
import type { Asset } from '../../store/assets.ts'
import type { FieldFault } from '../problems.ts'

/** `assets`: those that the request may use, by id. */
export function assetFaults(request: Partial<MediaFields>, assets: ReadonlyMap<string, Asset>): FieldFault[] {
  return assetsIn(request).flatMap(({ path, id }) => {
    const asset = assets.get(id)
    if (asset === undefined)
      return [{ path, message: 'names no existing asset: it was deleted, or never uploaded' }]
    const kind = kindAt(path)
    return asset.kind === kind ? [] : [{ path, message: `takes an asset of kind ${kind}, not ${asset.kind}` }]
  })
}
