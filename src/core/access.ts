/** The permissions of an API key, and the rows that it sees. No I/O. No clock. */

export const scopes = ['jobs:read', 'jobs:write', 'deliveries', 'metrics', 'admin'] as const
export type Scope = (typeof scopes)[number]

/** The scopes of a key that is created without any. */
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
  /** The limit of what its jobs of a month cost, in millionths of a US dollar. Null: any amount. */
  monthlyBudgetMicros: number | null
}

/** The part of a caller that decides which rows it sees. */
export type Viewer = Pick<Caller, 'project'>

/** For what no key limits: a signed link, and upkeep. */
export const everyProject: Viewer = { project: null }

/** A row that a caller does not see does not exist for it. */
export function sees({ project }: Viewer, row: { project: string | null }): boolean {
  return project === null || row.project === project
}

/** `admin` includes every other scope. */
export function mayDo({ scopes }: Pick<Caller, 'scopes'>, scope: Scope): boolean {
  return scopes.includes(scope) || scopes.includes('admin')
}
