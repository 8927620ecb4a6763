/** Checks real responses and events against the published description (`GET /openapi.json`). */
import { z } from 'zod'
import { createValidator } from './schema-validator.ts'

interface ReceivedResponse {
  method: string
  path: string
  status: number
  headers: Headers
  /** Null: there is none, or it is not JSON. */
  body: string | null
}

export interface Description {
  /** Every described response of every operation, for example `GET /v1/jobs 422`. */
  responses: string[]
  nameOf: (received: ReceivedResponse) => string
  /** The differences between a response and its description. */
  faultsOfResponse: (received: ReceivedResponse) => string[]
  faultsOfEvent: (body: string) => string[]
}

const schema = z.record(z.string(), z.unknown())
const examples = z.record(z.string(), z.unknown()).default({})
const content = z.record(z.string(), z.object({ schema, examples })).default({})
const header = z.object({ required: z.boolean().default(false) })
const response = z.object({ content, headers: z.record(z.string(), header).default({}) })
const operation = z.object({ responses: z.record(z.string(), response) })
const webhook = z.object({ post: z.object({ requestBody: z.object({ content }) }) })

const documentSchema = z.object({
  paths: z.record(z.string(), z.record(z.string(), operation)),
  webhooks: z.record(z.string(), webhook),
  components: z.object({ schemas: z.record(z.string(), schema) }),
})

/** The type is the first field of an event, but in the format openai. */
const typeOfEvent = /^\{(?:"id":"\w+","object":"event","created_at":\d+,)?"type":"([\w.]+)"/
const problemCode = z.object({ code: z.string() })
const problemSchema = { $ref: '#/components/schemas/Problem' }
const anySchema = {}
/** The faces respond in the dialects of others, which the description is not about. */
const otherDialects = /^\/(?:openai|openrouter|mcp)(?:\/|$)/

export function readDescription(published: unknown): Description {
  const { paths, webhooks, components } = documentSchema.parse(published)
  const validate = createValidator(components.schemas)
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { responses }]) => ({
      name: `${method.toUpperCase()} ${path}`,
      method: method.toUpperCase(),
      pattern: new RegExp(`^${path.replaceAll('.', '\\.').replaceAll(/\{\w+\}/g, '[^/]+')}$`),
      responses,
    })),
  )

  const operationOf = ({ method, path }: ReceivedResponse) => {
    // HEAD returns the same as GET, without the body.
    const described = method === 'HEAD' ? 'GET' : method
    return operations.find(({ method, pattern }) => method === described && pattern.test(path))
  }
  const nameOf = (received: ReceivedResponse) => {
    const name = operationOf(received)?.name ?? `${received.method} ${received.path} (no such operation)`
    return `${name} ${received.status}`
  }

  return {
    nameOf,
    responses: operations.flatMap(({ name, responses }) =>
      Object.keys(responses).map((status) => `${name} ${status}`),
    ),
    faultsOfResponse(received) {
      const operation = operationOf(received)
      const name = nameOf(received)
      if (operation === undefined) {
        return otherDialects.test(received.path) ? [] : validate(name, problemSchema, received.body)
      }
      const described = operation.responses[received.status]
      if (described === undefined) {
        const statuses = Object.keys(operation.responses).join(', ')
        return [`${name}: only ${statuses} are described. The body: ${received.body?.slice(0, 300)}`]
      }
      const missing = Object.entries(described.headers).filter(
        ([field, { required }]) => required && !received.headers.has(field),
      )
      return [
        ...missing.map(([field]) => `${name}: the header ${field} is missing, but described as required`),
        ...faultsOfContent(name, described.content, received),
      ]
    },
    faultsOfEvent(body) {
      const type = typeOfEvent.exec(body)?.[1] ?? body.slice(0, 300)
      const described = webhooks[type]?.post.requestBody.content['application/json']
      return described === undefined
        ? [`event ${type}: the description has no such webhook`]
        : validate(`event ${type}`, described.schema, body)
    },
  }

  function faultsOfContent(
    name: string,
    described: z.infer<typeof content>,
    { method, headers, body }: ReceivedResponse,
  ): string[] {
    const type = headers.get('content-type')?.split(';')[0]?.trim() ?? ''
    const types = Object.keys(described)
    if (type === '' && types.length === 0) return []
    const range = types.find((described) => isWithin(described, type))
    if (range === undefined) {
      return [
        `${name}: its type is ${type || 'missing'}, but the description has ${types.join(', ') || 'no body'}`,
      ]
    }
    const isRead = method !== 'HEAD' && type.includes('json')
    if (!isRead) return []
    const faults = validate(name, described[range]?.schema ?? anySchema, body)
    return type === 'application/problem+json'
      ? [...faults, ...faultsOfCode(name, described[range], body)]
      : faults
  }
}

/** The examples of a described problem are its codes. */
function faultsOfCode(
  name: string,
  described: z.infer<typeof content>[string] | undefined,
  body: string | null,
) {
  const codes = Object.keys(described?.examples ?? {})
  const { code } = problemCode.parse(JSON.parse(body ?? '{}'))
  return codes.includes(code) ? [] : [`${name}: the code ${code} is not described, only ${codes.join(', ')}`]
}

/** Media ranges, as in RFC 9110 §12.5.1. */
function isWithin(range: string, type: string): boolean {
  const [kind, subtype] = range.split('/')
  const [typeKind, typeSubtype] = type.split('/')
  return (kind === '*' || kind === typeKind) && (subtype === '*' || subtype === typeSubtype)
}
