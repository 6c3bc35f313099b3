/** The console without a browser: what its script sends, with a passkey in software. */
import { SoftPasskey, type Asked } from '../soft-authenticator.ts';
import type { Answer, Api } from './harness.ts';

export const origin = 'http://rota.example';
export const rpId = 'rota.example';

export const challengeIn = ({ json }: Answer): string => String(json.challenge);

export type ConsoleClient = ReturnType<typeof consoleClient>;

export function consoleClient(api: Api) {
  /** A POST as the console's own script sends it; `from` changes where it comes from. */
  const post = (path: string, body: unknown, { cookie = '', ...from }: Record<string, string> = {}): Promise<Answer> =>
    api.open(path, {
      method: 'POST',
      body: JSON.stringify(body),
      headers: { 'content-type': 'application/json', accept: 'application/json', origin, 'sec-fetch-site': 'same-origin', ...from, ...(cookie === '' ? {} : { cookie }) },
    });

  /** A form that the browser sends by itself, without script. */
  const form = (path: string, fields: Readonly<Record<string, string>>, { cookie = '', ...from }: Record<string, string> = {}): Promise<Answer> =>
    api.open(path, { method: 'POST', body: new URLSearchParams(fields), headers: { accept: 'application/json', origin, 'sec-fetch-site': 'same-origin', ...from, ...(cookie === '' ? {} : { cookie }) } });

  const link = async (id: string): Promise<string> => new URL(String((await api.post(id, '/api/passkeys/enrolment-links', {})).json.url)).pathname;

  const enrol = async (id: string, key = new SoftPasskey(), change: Partial<Asked> = {}): Promise<{ key: SoftPasskey; answer: Answer }> => {
    const path = await link(id);
    const { json } = await post(`${path}/challenges`, {});
    key.userHandle = (json.user as { id: string }).id;
    return { key, answer: await post(path, { made: key.register({ challenge: String(json.challenge), origin, rpId, ...change }) }) };
  };

  const logIn = async (key: SoftPasskey, change: Partial<Asked> = {}): Promise<Answer> => {
    const challenge = challengeIn(await post('/login/challenges', {}));
    return post('/login', { next: '/', answer: key.answer({ challenge, origin, rpId, ...change }) });
  };

  /** The cookie of a fresh session, and the token of its forms. */
  const enter = async (key: SoftPasskey): Promise<{ cookie: string; csrf: string }> => {
    const [cookie = ''] = (await logIn(key)).headers.getSetCookie().map((c) => c.split(';')[0] ?? '');
    const { text } = await api.open('/', { headers: { cookie } });
    return { cookie, csrf: /name="csrf" value="([^"]+)"/.exec(text)?.[1] ?? '' };
  };

  return { post, form, link, enrol, logIn, enter };
}
