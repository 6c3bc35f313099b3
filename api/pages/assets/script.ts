/**
 * The console's one script. Pages are whole without it; it asks passkeys, shows times in the reader's zone, and looks again at what moves.
 * It is text here since the API is one file on Lambda.
 */
export const script = String.raw`'use strict';

const bytesOf = (text) => Uint8Array.from(atob(text.replace(/-/g, '+').replace(/_/g, '/')), (c) => c.charCodeAt(0));
const textOf = (bytes) => btoa(String.fromCharCode(...new Uint8Array(bytes))).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '');

async function send(path, body) {
  const answer = await fetch(path, { method: 'POST', headers: { 'content-type': 'application/json', accept: 'application/json' }, body: JSON.stringify(body) });
  const said = await answer.json();
  if (answer.ok) return said;
  throw Object.assign(new Error(said.sentence), { remedy: said.remedy });
}

const withIds = (list) => list.map((one) => ({ ...one, id: bytesOf(one.id) }));

async function ask(options) {
  const publicKey = { ...options, challenge: bytesOf(options.challenge), allowCredentials: withIds(options.allowCredentials ?? []) };
  const { id, type, response } = await navigator.credentials.get({ publicKey });
  return {
    id, rawId: id, type,
    response: {
      clientDataJSON: textOf(response.clientDataJSON),
      authenticatorData: textOf(response.authenticatorData),
      signature: textOf(response.signature),
      ...(response.userHandle ? { userHandle: textOf(response.userHandle) } : {}),
    },
  };
}

async function make(options) {
  const publicKey = {
    ...options,
    challenge: bytesOf(options.challenge),
    user: { ...options.user, id: bytesOf(options.user.id) },
    excludeCredentials: withIds(options.excludeCredentials ?? []),
  };
  const { id, type, response } = await navigator.credentials.create({ publicKey });
  return {
    id, rawId: id, type,
    response: { clientDataJSON: textOf(response.clientDataJSON), attestationObject: textOf(response.attestationObject), transports: response.getTransports?.() ?? [] },
  };
}

const acts = {
  login: async (form) => {
    const { next } = await send('/login', { next: form.elements.next.value, answer: await ask(await send('/login/challenges', {})) });
    location.assign(next);
  },
  enrol: async () => {
    await send(location.pathname, { made: await make(await send(location.pathname + '/challenges', {})) });
    location.assign('/login');
  },
  decide: async (form, decision) => {
    const csrf = form.elements.csrf.value;
    const options = await send(form.dataset.path + '/challenges', { csrf, decision, reason: form.elements.reason.value, planDigest: form.elements.planDigest.value });
    await send(form.dataset.path + '/decisions', { csrf, answer: await ask(options) });
    location.reload();
  },
};

/** The browser's own words say little to people. */
const words = { NotAllowedError: 'The passkey was not used: it was cancelled, or took too long.', InvalidStateError: 'This authenticator is enrolled already.' };

for (const form of document.querySelectorAll('form[data-passkey]')) {
  const message = form.querySelector('[data-message]');
  const buttons = [...form.querySelectorAll('button')];
  const enable = (yes) => buttons.forEach((button) => (button.disabled = !yes));
  const say = (tone, text) => {
    message.className = 'message message-' + tone;
    message.textContent = text;
  };
  enable(true);
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    enable(false);
    say('moving', 'Waiting for your passkey …');
    try {
      await acts[form.dataset.passkey](form, event.submitter?.value);
      say('good', 'Done.');
    } catch (error) {
      say('bad', (words[error.name] ?? error.message) + (error.remedy ? ' ' + error.remedy : ''));
      enable(true);
      message.focus();
    }
  });
}

/** An instant in the reader's zone, with UTC beside it where that is another hour. */
function localise(root) {
  const here = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' });
  const zone = new Intl.DateTimeFormat(undefined, { timeZoneName: 'short' });
  for (const time of root.querySelectorAll('time[data-local]')) {
    const at = new Date(time.dateTime);
    if (Number.isNaN(at.getTime()) || at.getTimezoneOffset() === 0) continue;
    const name = zone.formatToParts(at).find((part) => part.type === 'timeZoneName')?.value ?? '';
    time.textContent = here.format(at) + ' ' + name + ' (' + at.toISOString().slice(11, 16) + ' UTC)';
  }
}
localise(document);

/** A picture larger than its window opens where the machine is. */
function showPlace(root) {
  for (const picture of root.querySelectorAll('.picture')) {
    const place = picture.querySelector('[data-place]')?.getBBox();
    if (place) picture.scrollTo({ left: place.x + (place.width - picture.clientWidth) / 2, top: place.y + (place.height - picture.clientHeight) / 2, behavior: 'instant' });
  }
}
showPlace(document);
addEventListener('resize', () => showPlace(document));

/** Looks again at what moves while somebody looks; such a look keeps no session alive. */
const live = document.querySelector('[data-live]');
if (live && 'moving' in live.dataset) {
  const timer = setInterval(async () => {
    if (document.hidden) return;
    const answer = await fetch(location.href, { headers: { 'x-rota-look': 'again' }, redirect: 'error' }).catch(() => undefined);
    if (!answer?.ok) return;
    const fresh = new DOMParser().parseFromString(await answer.text(), 'text/html').querySelector('[data-live]');
    if (!fresh || fresh.dataset.live === live.dataset.live) return;
    live.dataset.live = fresh.dataset.live;
    if (!('moving' in fresh.dataset)) clearInterval(timer);
    live.replaceChildren(...fresh.childNodes);
    localise(live);
    showPlace(live);
  }, 5000);
}
`;
