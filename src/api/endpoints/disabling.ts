/** Whether an endpoint is disabled, as stored. */
import type { Endpoint } from '../../store/deliveries/endpoints.ts'

type Disabling = Pick<Endpoint, 'disabledAt' | 'disabledBy'>

export const enabled: Disabling = { disabledAt: null, disabledBy: null }

export function disabledByUser(nowMs: number): Disabling {
  return { disabledAt: nowMs, disabledBy: 'user' }
}
