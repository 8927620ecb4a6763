/** What an API key may do, and which rows it sees. No I/O. No clock. */

export const scopes = ['jobs:read', 'jobs:write', 'deliveries', 'admin'] as const
export type Scope = (typeof scopes)[number]

/** Of a key that is created without scopes. */
export const defaultScopes = ['jobs:read', 'jobs:write', 'deliveries'] as const satisfies Scope[]

/** The API key of a request. */
export interface Caller {
  keyId: string
  /** The project whose rows alone it sees. Null: it sees all rows. */
  project: string | null
  scopes: readonly Scope[]
  /** Milliseconds since 1970. Null: never. */
  expiresAt: number | null
  lastUsedAt: number | null
  /** The callback URL of its jobs that name none. */
  callbackUrl: string | null
  /** Null: the limit of the deployment. */
  requestsPerMinute: number | null
  /** What its jobs of a month may cost, in millionths of a US dollar. Null: any amount. */
  monthlyBudgetMicros: number | null
}

/** `admin` includes every other scope. */
export function mayDo({ scopes }: Pick<Caller, 'scopes'>, scope: Scope): boolean {
  return scopes.includes(scope) || scopes.includes('admin')
}
