/** The access rules: the introduction of the API's description. A test compares it with the routes. */

export const introduction = `Turns "make me a video" into an event: create a job, hang up, and receive a signed webhook when the job ends.

## Access

An API key has a project or none, and scopes. The project decides what it sees, the scopes what it may do with that. A missing scope is 403 and depends on the operation only. A row of another project is 404, like one that does not exist.

**A key of a project** sees and changes what keys of that project created: jobs with their videos and timelines, assets, endpoints, deliveries, hosts in trouble and statistics. An endpoint of a project receives the events of that project's jobs only. **A key without a project** sees and changes everything; its endpoints receive the events of all jobs. A retry belongs to the key that requests it, and to its project. Its events go to the callback URL of the original job, signed with the secret of the original job.

| scope | operations |
| --- | --- |
| \`jobs:read\` | show and list jobs, timelines, videos and assets; follow events; create links to videos (\`/v1/jobs\`, \`/v1/events\`, \`/v1/assets\`, \`/v1/stats\`) |
| \`jobs:write\` | create, cancel, retry and erase jobs; upload and delete assets. A key that may post and cancel sees the job in the responses, also without \`jobs:read\` |
| \`deliveries\` | endpoints, deliveries, hosts in trouble, tests of a callback URL (\`/v1/endpoints\`, \`/v1/deliveries\`, \`/v1/hosts\`, \`/v1/callbacks/test\`); the key's own secret and disabled callbacks (\`/v1/api-keys/{id}/rotate-secret\`, \`…/disabled-callbacks\`, \`…/enable-callbacks\`) |
| \`metrics\` | the numbers of the whole deployment (\`/metrics\`), for a key without a project |
| \`admin\` | all of these, for every key, API keys (\`/v1/api-keys\`), and the alerts of the deployment (\`/v1/alerts\`). A key of a project cannot have it |

Any scope is enough for \`/v1/models\`, \`/v1/estimates\`, \`/v1/event-types\`, \`/v1/api-keys/current\` and \`/healthz?deep\`. The Idempotency-Keys, the rate limit and the limit of callback tests are separate for each key.

**URLs may carry tokens.** User info, query and fragment of a URL are shown in a job that the key itself posted, and to the scope \`admin\`. In the jobs of other keys, in retries, deliveries, endpoints and what receivers answer they are left out. The links to videos stay for the scope \`jobs:read\`. Receivers get the whole event: an endpoint without a project sees the URLs in the jobs of all keys.

**The admin key** is a setting of the deployment. It has all scopes and no project. It has no callback secret: each of its jobs with a callback_url needs a callback_secret, and each of its callback tests needs a secret.

**Without a key** these are open: \`/healthz\` (not deep), \`/openapi.json\`, \`/docs\`, \`/docs/problems/{code}\`, \`/.well-known/webhook-keys.json\`, and a video or an asset by a signed link until the link expires. Providers post to \`/webhooks/…\` and upload to \`/uploads/…\` with a token in the path. A token is valid for one job at one provider, or for one upload.

**No key** shows an API key or a secret after its creation, the keys of the providers, or the URLs that the providers call. A revoked key opens nothing, at the latest five seconds after its revocation. Its event streams end within about a minute, and a request that waits for a job still gets its response. Its jobs continue, and their events are still signed with its secret.`
