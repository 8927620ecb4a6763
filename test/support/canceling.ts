/** The providers, as if a call could do what the owner of an account can do on the provider's site: cancel a task. */
import type { Context } from '../../src/context.ts'
import { fail, ok, type Result } from '../../src/core/fault.ts'
import type { CancelOutcome } from '../../src/providers/cancels.ts'
import type { Provider } from '../../src/providers/provider.ts'
import { world } from './world.ts'

interface Canceling {
  context: Context
  /** The provider's ids of the tasks that it was asked to cancel. */
  asked: string[]
}

export const unreachable = fail('unavailable', 'The provider did not respond.')

/** `says`: the next answers, before it cancels whatever has not ended. */
export function canceling(context: Context, says: Result<CancelOutcome>[] = []): Canceling {
  const asked: string[] = []
  const cancels = (provider: Provider): Provider => ({
    ...provider,
    capabilities: { ...provider.capabilities, cancels: 'running' },
    async cancel(task, onAnswer) {
      asked.push(task.providerTaskId)
      const said = says.shift()
      if (said !== undefined) return said
      const status = await provider.getStatus(task, onAnswer)
      if (!status.ok) return status
      const { value } = status
      if (value.state === 'pending') world.simulator.cancel(task.providerTaskId)
      const isCanceled = value.state === 'failed' && value.fault.code === 'provider_canceled'
      return ok(value.state === 'pending' || isCanceled ? 'canceled' : 'ended')
    },
  })
  const providersWith: Context['providersWith'] = (fetch) => {
    const all = Object.values(context.providersWith(fetch))
    return Object.fromEntries(all.map((provider) => [provider.name, cancels(provider)]))
  }
  return { context: { ...context, providers: providersWith(context.fetch), providersWith }, asked }
}
