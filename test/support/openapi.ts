/** The published description (`GET /openapi.json`) as a judge of real answers and events. */
import { z } from 'zod'
import { createJudge } from './schema-validator.ts'

interface Answer {
  method: string
  path: string
  status: number
  headers: Headers
  /** Null: it is no JSON, or there is none. */
  body: string | null
}

export interface Description {
  /** Every described answer of every operation, for example `GET /v1/jobs 422`. */
  answers: string[]
  nameOf: (answer: Answer) => string
  /** In which ways it differs from the description. */
  faultsOfAnswer: (answer: Answer) => string[]
  faultsOfEvent: (body: string) => string[]
}

const schema = z.record(z.string(), z.unknown())
const content = z.record(z.string(), z.object({ schema })).default({})
const header = z.object({ required: z.boolean().default(false) })
const response = z.object({ content, headers: z.record(z.string(), header).default({}) })
const operation = z.object({ responses: z.record(z.string(), response) })
const webhook = z.object({ post: z.object({ requestBody: z.object({ content }) }) })

const documentSchema = z.object({
  paths: z.record(z.string(), z.record(z.string(), operation)),
  webhooks: z.record(z.string(), webhook),
  components: z.object({ schemas: z.record(z.string(), schema) }),
})

/** Its first field. */
const typeOfEvent = /^\{"type":"([\w.]+)"/
const aProblem = { $ref: '#/components/schemas/Problem' }
const anything = {}

export function readDescription(published: unknown): Description {
  const { paths, webhooks, components } = documentSchema.parse(published)
  const judge = createJudge(components.schemas)
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { responses }]) => ({
      name: `${method.toUpperCase()} ${path}`,
      method: method.toUpperCase(),
      pattern: new RegExp(`^${path.replaceAll('.', '\\.').replaceAll(/\{\w+\}/g, '[^/]+')}$`),
      responses,
    })),
  )

  const operationOf = ({ method, path }: Answer) =>
    // A HEAD is answered as a GET, without the body.
    operations.find((one) => one.method === (method === 'HEAD' ? 'GET' : method) && one.pattern.test(path))
  const nameOf = (answer: Answer) => {
    const name = operationOf(answer)?.name ?? `${answer.method} ${answer.path} (no such operation)`
    return `${name} ${answer.status}`
  }

  return {
    nameOf,
    answers: operations.flatMap(({ name, responses }) =>
      Object.keys(responses).map((status) => `${name} ${status}`),
    ),
    faultsOfAnswer(answer) {
      const asked = operationOf(answer)
      const name = nameOf(answer)
      const described = asked?.responses[answer.status]
      if (asked === undefined) return judge(name, aProblem, answer.body)
      if (described === undefined) {
        const known = Object.keys(asked.responses).join(', ')
        return [`${name}: only ${known} are described. The answer: ${answer.body?.slice(0, 300)}`]
      }
      const missing = Object.entries(described.headers).filter(
        ([field, { required }]) => required && !answer.headers.has(field),
      )
      return [
        ...missing.map(([field]) => `${name}: the header ${field} is described as required and missing`),
        ...faultsOfContent(name, described.content, answer),
      ]
    },
    faultsOfEvent(body) {
      const type = typeOfEvent.exec(body)?.[1] ?? body.slice(0, 300)
      const described = webhooks[type]?.post.requestBody.content['application/json']
      return described === undefined
        ? [`event ${type}: is not among the webhooks of the description`]
        : judge(`event ${type}`, described.schema, body)
    },
  }

  function faultsOfContent(
    name: string,
    described: z.infer<typeof content>,
    { method, headers, body }: Answer,
  ): string[] {
    const type = headers.get('content-type')?.split(';')[0]?.trim() ?? ''
    const types = Object.keys(described)
    if (type === '' && types.length === 0) return []
    const range = types.find((one) => isWithin(one, type))
    if (range === undefined) {
      return [`${name}: its type is ${type || 'missing'}, described is ${types.join(', ') || 'no body'}`]
    }
    const isToBeRead = method !== 'HEAD' && type.includes('json')
    return isToBeRead ? judge(name, described[range]?.schema ?? anything, body) : []
  }
}

/** Ranges of types, as in RFC 9110 §12.5.1. */
function isWithin(range: string, type: string): boolean {
  const [kind, subtype] = range.split('/')
  const [itsKind, itsSubtype] = type.split('/')
  return (kind === '*' || kind === itsKind) && (subtype === '*' || subtype === itsSubtype)
}
