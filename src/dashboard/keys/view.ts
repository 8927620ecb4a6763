/** The responses of the API about keys. */
import type { CurrentApiKey } from '../../api/api-keys/current.ts'
import type { viewDisabled } from '../../api/api-keys/disabled-callbacks.ts'
import type { viewApiKey } from '../../api/api-keys/view.ts'

export type KeyView = ReturnType<typeof viewApiKey>
export type CurrentKey = CurrentApiKey
export type DisabledHost = ReturnType<typeof viewDisabled>

export interface CreatedKey extends KeyView {
  key: string
  callback_secret: string
}

export interface Rotation {
  id: string
  callback_secret: string
  overlap_until: string
}

export function keyPath(id: string): string {
  return `/v1/api-keys/${encodeURIComponent(id)}`
}
