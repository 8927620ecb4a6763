/** The accounts at the simulated providers: the settings of a Worker that has them, and the keys that the simulator accepts. */
import { type SellerName, sellerNames } from '../core/request/choices.ts'
import { sellers } from '../providers/index.ts'

/** By provider. A key and its secret are joined with a colon. */
export const simulatedKeys = Object.fromEntries(
  sellerNames.map((name) => [name, credentialsOf(name).join(':')]),
) as Record<SellerName, string>

/** The settings of every provider, or of this one. Below the address of the simulator, each has the path of its own API. */
export function simulatedSettings(simulatorUrl: string, of?: SellerName): Record<string, string> {
  return Object.fromEntries(
    sellerNames
      .filter((name) => of === undefined || name === of)
      .flatMap((name) => {
        const { credentials, addresses } = sellers[name]
        const values = credentialsOf(name)
        return [
          ...credentials.map((setting, index) => [setting, values[index] ?? '']),
          ...addresses.map(({ setting, byDefault }) => [
            setting,
            `${simulatorUrl}/${name}${new URL(byDefault).pathname.replace(/\/$/, '')}`,
          ]),
        ]
      }),
  )
}

function credentialsOf(name: SellerName): string[] {
  return [`${name}-key`, `${name}-secret`].slice(0, sellers[name].credentials.length)
}
