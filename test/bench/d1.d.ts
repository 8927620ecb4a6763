/** The types of D1 that the store names. The others would contradict those of Node. */
type D1Database = import('@cloudflare/workers-types/index.ts').D1Database
type D1PreparedStatement = import('@cloudflare/workers-types/index.ts').D1PreparedStatement
type D1Result<T = unknown> = import('@cloudflare/workers-types/index.ts').D1Result<T>
