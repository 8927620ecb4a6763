/** One operation: its parameters, bodies, responses and examples. */
import { curlOf, needsKey, typescriptOf } from './calls.ts'
import {
  type Content,
  type Description,
  nameOf,
  type Operation,
  type PlacedOperation,
  type Schema,
} from './description.ts'
import { Markdown } from './markdown.tsx'
import { Fields, SchemaLink, SchemaTree } from './schema-tree.tsx'

interface Shown extends PlacedOperation {
  description: Description
  baseUrl: string
}

export function OperationSection({ description, baseUrl, ...placed }: Shown) {
  const { method, path, operation } = placed
  const { operationId, summary, parameters = [], requestBody, responses } = operation
  return (
    <section id={operationId}>
      <h3>
        <a href={`#${operationId}`}>{summary}</a>
      </h3>
      <p class="route">
        <b class="method">{method}</b> <code>{path}</code>
      </p>
      <Markdown text={operation.description ?? ''} level={4} />
      <p>{accessWords(operation)}</p>
      {parameters.length > 0 && (
        <>
          <h4>Parameters</h4>
          <Fields
            fields={parameters.map(({ name, in: place, required = false, description, schema }) => ({
              name: place === 'header' ? `${name} (header)` : name,
              schema: description === undefined ? schema : { ...schema, description },
              isRequired: required,
            }))}
          />
        </>
      )}
      {requestBody !== undefined && (
        <>
          <h4>Request body</h4>
          <Body content={requestBody.content} schemas={description.components.schemas} />
        </>
      )}
      <h4>Responses</h4>
      <dl class="responses">
        {Object.entries(responses).map(([status, { description, content }]) => (
          <>
            <dt>{status}</dt>
            <dd>
              {description} <ResponseBody content={content} />
            </dd>
          </>
        ))}
      </dl>
      <h4>Examples</h4>
      <Example title="curl" text={curlOf(placed, baseUrl)} open />
      <Example title="TypeScript" text={typescriptOf(placed, baseUrl)} />
      <ResponseExample operation={operation} />
    </section>
  )
}

export function Example({ title, text, open }: { title: string; text: string; open?: true }) {
  return (
    <details class="example" open={open === true}>
      <summary>{title}</summary>
      <pre>
        <code>{text}</code>
      </pre>
    </details>
  )
}

/** The scopes are those that the description names beside the key. */
function accessWords(operation: Operation): string {
  const { security = [{ apiKey: [] }] } = operation
  const scopes = security.flatMap(({ apiKey = [] }) => apiKey)
  const isOpen = security.length === 0
  const withoutKey = security.some((choice) => Object.keys(choice).length === 0)
  if (isOpen) return 'Needs no API key.'
  if (!needsKey(operation)) return 'Needs an API key only where the text says so.'
  if (withoutKey) return 'Needs an API key or a signed link.'
  return scopes.length === 0 ? 'Needs an API key.' : `Needs an API key with the scope ${scopes.join(' or ')}.`
}

/** A component is shown in place: its fields are what the reader looks for. */
function Body({ content, schemas }: { content: Content; schemas: Record<string, Schema> }) {
  const json = content['application/json']
  if (json === undefined) return <p>{Object.keys(content).join(', ')}</p>
  const { $ref } = json.schema
  return <SchemaTree schema={$ref === undefined ? json.schema : (schemas[nameOf($ref)] ?? {})} />
}

function ResponseBody({ content = {} }: { content?: Content | undefined }) {
  return (
    <>
      {Object.entries(content).map(([type, { schema, examples }]) => {
        if (type === 'application/problem+json') return <Codes codes={Object.keys(examples ?? {})} />
        if (type !== 'application/json') return <code>{type}</code>
        return schema.$ref === undefined ? <SchemaTree schema={schema} /> : <SchemaLink $ref={schema.$ref} />
      })}
    </>
  )
}

function Codes({ codes }: { codes: string[] }) {
  return (
    <>
      {codes.map((code, index) => (
        <>
          {index > 0 && ', '}
          <a href={`#problem-${code}`}>
            <code>{code}</code>
          </a>
        </>
      ))}
    </>
  )
}

function ResponseExample({ operation: { responses } }: { operation: Operation }) {
  return (
    <>
      {Object.entries(responses).map(([status, { content }]) => {
        const example = content?.['application/json']?.example
        return (
          example !== undefined && (
            <Example title={`Response ${status}`} text={JSON.stringify(example, null, 2)} />
          )
        )
      })}
    </>
  )
}
