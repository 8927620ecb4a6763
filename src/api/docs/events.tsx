/** The events: their headers, the responses to them, two verifiers, and each event with an example. */
import type { Description } from './description.ts'
import { Markdown } from './markdown.tsx'
import { Example } from './operation.tsx'
import { Fields, SchemaTree } from './schema-tree.tsx'
import { verifierV1, verifierV1a } from './verifiers.ts'

export function EventsSection({ description, baseUrl }: { description: Description; baseUrl: string }) {
  const events = Object.entries(description.webhooks)
  const [first] = events
  return (
    <section id="events" aria-labelledby="events-title">
      <h2 id="events-title">Events</h2>
      <p>
        Reelhook posts an event to the callback URL of its job, and to each endpoint that subscribes to it.
        Deliveries follow Standard Webhooks. Verify the signature before you trust the body, and respond with
        2xx.
      </p>
      <h3 id="verify">Verify a delivery</h3>
      <p>
        Each function takes the standard Request object. It returns the event, or throws if the signature is
        not valid or older than five minutes. Use one of the two.
      </p>
      <div id="verify-v1">
        <Example title="With your secret (v1): npm install standardwebhooks" text={verifierV1} open />
      </div>
      <div id="verify-v1a">
        <Example title="Without a secret (v1a): Ed25519 with WebCrypto" text={verifierV1a(baseUrl)} open />
      </div>
      {first !== undefined && <Envelope event={first[1].post} />}
      {events.map(([type, { post }]) => (
        <section id={`event-${type}`}>
          <h3>
            <a href={`#event-${type}`}>{type}</a>
          </h3>
          <Markdown text={post.description ?? ''} level={4} />
          <SchemaTree schema={post.requestBody?.content['application/json']?.schema ?? {}} />
          <Example
            title="Example body"
            text={JSON.stringify(post.requestBody?.content['application/json']?.example, null, 2)}
          />
        </section>
      ))}
    </section>
  )
}

/** The headers and responses that all events share. */
function Envelope({
  event: { parameters = [], responses },
}: {
  event: Description['webhooks'][string]['post']
}) {
  return (
    <>
      <h3>Headers of a delivery</h3>
      <Fields
        fields={parameters.map(({ name, description = '', schema }) => ({
          name,
          schema: { ...schema, description },
          isRequired: true,
        }))}
      />
      <h3>Your response</h3>
      <dl class="responses">
        {Object.entries(responses).map(([status, { description }]) => (
          <>
            <dt>{status}</dt>
            <dd>{description}</dd>
          </>
        ))}
      </dl>
    </>
  )
}
