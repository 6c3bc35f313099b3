import { afterEach, expect, test, vi } from 'vitest';
import { apiJson } from '../../cli/signed-request.ts';
import type { Io } from '../../cli/io.ts';

afterEach(() => {
  vi.unstubAllGlobals();
});

const gateway = 'https://a1b2c3d4e5.execute-api.eu-central-1.amazonaws.com';
const ioFor = (env: Readonly<Record<string, string>>): Io => ({ env: { AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE', AWS_SECRET_ACCESS_KEY: 'secret', ...env } }) as unknown as Io;

/** In place of the network: what is sent to API Gateway, and what comes back. */
function answering(status: number, body: object) {
  const sent: string[] = [];
  vi.stubGlobal('fetch', (_url: URL, { headers }: { headers: Record<string, string> }) => {
    sent.push(headers.authorization ?? '');
    return Promise.resolve(new Response(JSON.stringify(body), { status }));
  });
  return sent;
}

// API Gateway refuses a signature for another Region than its own; `aws` takes the Region from the profile, and people have several.
test.each([
  [gateway, { AWS_REGION: 'us-east-1' }, 'eu-central-1'],
  [gateway, {}, 'eu-central-1'],
  ['https://a1b2c3d4e5.execute-api.cn-north-1.amazonaws.com.cn', {}, 'cn-north-1'],
  ['https://rota.bank.example', { AWS_REGION: 'eu-west-1' }, 'eu-west-1'],
])('a request to %s with %j is signed for %s', async (url, env, region) => {
  const sent = answering(200, {});
  await apiJson(ioFor({ ROTA_URL: url, ...env }), { method: 'GET', path: '/api/whoami' });
  expect(sent[0]).toMatch(new RegExp(`Credential=AKIDEXAMPLE/\\d{8}/${region}/execute-api/aws4_request`));
});

// API Gateway Developer Guide, "Quotas for configuring and running an HTTP API", and what it says in its own words.
test.each([
  [403, 'Forbidden', 'execute-api:Invoke'],
  [413, 'Request Entity Too Large', '6 MB'],
  [429, 'Too Many Requests', 'wait a few seconds'],
  [500, 'Internal Server Error', 'function-failed.md'],
  [503, 'Service Unavailable', 'waits for 30 seconds'],
])('what API Gateway itself answers with %s comes with what to do', async (status, message, remedy) => {
  answering(status, { message });
  await expect(apiJson(ioFor({ ROTA_URL: gateway }), { method: 'GET', path: '/api/whoami' })).rejects.toMatchObject({ message, remedy: expect.stringContaining(remedy) as string });
});
