import { request as httpRequest } from 'node:http';
import { expect, test } from 'vitest';
import { admin, reader, sign, start } from '../embedded-aws.ts';

/** A request with a Host header of choice; fetch would not let us. */
function getAs(url: string, host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    httpRequest(url, { headers: { host } }, (answer) => {
      answer.resume();
      resolve(answer.statusCode ?? 0);
    })
      .on('error', reject)
      .end();
  });
}

test('answers to the names of loopback, at whatever port a tunnel has, and to no other', async () => {
  const { url } = await start();
  for (const host of ['127.0.0.1', 'localhost:8080', 'LOCALHOST', '[::1]:1', 'dossiers.localhost']) expect(await getAs(url, host), host).toBe(200);
  for (const host of ['evil.example', 'localhost.evil.example:80', '127.0.0.1.evil.example', 'evillocalhost', '192.168.0.1']) expect(await getAs(url, host), host).toBe(403);
});

test('the app gets unsigned requests, and those signed for execute-api with who signed', async () => {
  const seen: string[] = [];
  const { url } = await start({
    http: () => async (request, { caller }) => {
      seen.push(`${request.method} ${new URL(request.url).pathname}${new URL(request.url).search} ${caller?.arn ?? 'nobody'} ${await request.text()}`);
      const headers = new Headers({ 'content-type': 'text/plain' });
      headers.append('set-cookie', 'a=1');
      headers.append('set-cookie', 'b=2');
      return new Response('answer', { status: 201, headers });
    },
  });
  const plain = await fetch(`${url}/page?x=%20y`);
  expect([plain.status, await plain.text(), plain.headers.getSetCookie()]).toEqual([201, 'answer', ['a=1', 'b=2']]);
  const { headers } = await sign(url, { service: 'execute-api', path: '/rotations', body: '{"alias":"alias/payments"}' });
  await fetch(`${url}/rotations`, { method: 'POST', headers, body: '{"alias":"alias/payments"}' });
  expect(seen).toEqual(['GET /page?x=%20y nobody ', `POST /rotations ${admin.arn} {"alias":"alias/payments"}`]);
  const refused = await sign(url, { service: 'execute-api', method: 'GET', path: '/rotations', who: reader });
  expect((await fetch(`${url}/rotations`, { headers: refused.headers })).status).toBe(403);
  expect(seen).toHaveLength(2);
});

test('an app that streams is passed on as it streams', async () => {
  let next: (text: string) => void = () => undefined;
  const { url } = await start({
    http: () => () =>
      Promise.resolve(
        new Response(
          new ReadableStream({
            start(controller) {
              next = (text) => {
                controller.enqueue(new TextEncoder().encode(text));
                if (text === 'last') controller.close();
              };
            },
          }),
        ),
      ),
  });
  const answer = await fetch(url);
  const reading = (answer.body as ReadableStream<Uint8Array>).getReader();
  next('first');
  expect(new TextDecoder().decode((await reading.read()).value)).toBe('first');
  next('last');
  expect(new TextDecoder().decode((await reading.read()).value)).toBe('last');
  expect((await reading.read()).done).toBe(true);
});

test('an error of the app is a 500 and not the end', async () => {
  let broken = true;
  const { url } = await start({ http: () => () => (broken ? Promise.reject(new Error('a bug')) : Promise.resolve(new Response('fine'))) });
  expect((await fetch(url)).status).toBe(500);
  broken = false;
  expect((await fetch(url)).status).toBe(200);
});
