/**
 * The pages, as text. Loaded at the first request for one of them. A bundler wraps every module that this file can reach,
 * so it imports few of the others.
 */
import { raw } from 'hono/html'
import type { Child } from 'hono/jsx'
import { type ProblemCode, problemKinds } from '../problems.ts'
import { type Description, operationsOf } from './description.ts'
import { EventsSection } from './events.tsx'
import { Markdown } from './markdown.tsx'
import { OperationSection } from './operation.tsx'
import { FaultsSection, ProblemsSection, ProblemText } from './problems.tsx'
import { SchemaTree } from './schema-tree.tsx'
import { style } from './style.ts'

export function writeReference(description: Description, baseUrl: string): string {
  const { info, tags, components } = description
  const operations = operationsOf(description)
  const groups = tags
    .map((tag) => ({
      ...tag,
      operations: operations.filter(({ operation }) => operation.tags.includes(tag.name)),
    }))
    .filter((group) => group.operations.length > 0)
  const schemas = Object.entries(components.schemas)
  return write(
    <Page title={info.title}>
      <Contents
        groups={groups}
        events={Object.keys(description.webhooks)}
        schemas={schemas.map(([name]) => name)}
      />
      <main id="main">
        <h1>{info.title}</h1>
        <p>
          This deployment is <code>{baseUrl}</code>. <a href="/openapi.json">openapi.json</a> has the same in
          OpenAPI 3.1.
        </p>
        <section id="introduction" aria-label="Introduction">
          <Markdown text={info.description} level={2} />
        </section>
        {groups.map(({ name, description: about, operations }) => (
          <section id={idOf(name)} aria-labelledby={`${idOf(name)}-title`}>
            <h2 id={`${idOf(name)}-title`}>{name}</h2>
            <p>{about}</p>
            {operations.map((placed) => (
              <OperationSection {...placed} description={description} baseUrl={baseUrl} />
            ))}
          </section>
        ))}
        <EventsSection description={description} baseUrl={baseUrl} />
        <ProblemsSection />
        <FaultsSection />
        <section id="schemas" aria-labelledby="schemas-title">
          <h2 id="schemas-title">Schemas</h2>
          {schemas.map(([name, schema]) => (
            <section id={`schema-${name}`}>
              <h3>
                <a href={`#schema-${name}`}>{name}</a>
              </h3>
              <SchemaTree schema={schema} />
            </section>
          ))}
        </section>
      </main>
    </Page>,
  )
}

export function writeProblemPage(code: ProblemCode): string {
  return write(
    <Page title={problemKinds[code].title}>
      <main id="main" class="alone">
        <h1>
          <code>{code}</code>
        </h1>
        <ProblemText code={code} />
        <p>
          <a href="/docs#problems">All problems</a> · <a href="/docs">The whole reference</a>
        </p>
      </main>
    </Page>,
  )
}

/** No script, and no style but the page's own. The empty icon keeps browsers from requesting one. */
export async function contentSecurityPolicy(): Promise<string> {
  const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(style)))
  const rules = [
    "default-src 'none'",
    `style-src 'sha256-${hash.toBase64()}'`,
    'img-src data:',
    "base-uri 'none'",
  ]
  return [...rules, "form-action 'none'", "frame-ancestors 'none'"].join('; ')
}

function write(page: { toString(): string }): string {
  return `<!doctype html>${page}`
}

function Page({ title, children }: { title: string; children?: Child }) {
  return (
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>{title === 'Reelhook' ? 'Reelhook API' : `${title} · Reelhook API`}</title>
        <link rel="icon" href="data:," />
        <style>{raw(style)}</style>
      </head>
      <body>
        <a class="skip" href="#main">
          Skip to the content
        </a>
        {children}
      </body>
    </html>
  )
}

interface ContentsProps {
  groups: { name: string; operations: { operation: { operationId: string; summary: string } }[] }[]
  events: string[]
  schemas: string[]
}

function Contents({ groups, events, schemas }: ContentsProps) {
  return (
    <nav aria-label="Contents">
      <details>
        <summary>Contents</summary>
        <ul>
          <Entry id="introduction" title="Introduction" />
          {groups.map(({ name, operations }) => (
            <Entry id={idOf(name)} title={name}>
              {operations.map(({ operation: { operationId, summary } }) => (
                <Entry id={operationId} title={summary} />
              ))}
            </Entry>
          ))}
          <Entry id="events" title="Events">
            <Entry id="verify" title="Verify a delivery" />
            {events.map((type) => (
              <Entry id={`event-${type}`} title={type} />
            ))}
          </Entry>
          <Entry id="problems" title="Problems" />
          <Entry id="faults" title="Faults of jobs" />
          <Entry id="schemas" title="Schemas">
            {schemas.map((name) => (
              <Entry id={`schema-${name}`} title={name} />
            ))}
          </Entry>
        </ul>
      </details>
    </nav>
  )
}

function Entry({ id, title, children }: { id: string; title: string; children?: Child }) {
  return (
    <li>
      <a href={`#${id}`}>{title}</a>
      {children !== undefined && <ul>{children}</ul>}
    </li>
  )
}

/** `API keys` → `api-keys`. */
function idOf(tag: string): string {
  return tag.toLowerCase().replaceAll(' ', '-')
}
