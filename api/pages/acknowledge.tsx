/**
 * The page behind a one-use link: a consumer without an identity of its own says which key it installed. It has no script, and
 * looking at it uses nothing up, so that scanners of mail may follow the link.
 */
import { Hono, type Context } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { isRotaError, RotaError } from '../../core/errors.ts';
import { thumbprintBegin } from '../../core/rollover/acknowledgement.ts';
import type { PublicationTarget } from '../../core/registry/rollover-schema.ts';
import { acknowledgeByLink, openLink, type OpenedLink } from '../acknowledgements/link.ts';
import type { ApiDeps, ApiEnv } from '../deps.ts';
import { errorPage } from './error.tsx';
import { document } from './parts/document.ts';
import { Code, Facts } from './parts/facts.tsx';
import { Page } from './parts/layout.tsx';
import { Time } from './parts/time.tsx';

const path = '/acknowledge/:id/:secret';

export function acknowledgePages(deps: ApiDeps): Hono<ApiEnv> {
  const app = new Hono<ApiEnv>();

  app.use(path, async (c, next) => {
    await next();
    // The path is the secret: it must not stay in a cache, nor travel in a Referer, of which the app takes care.
    c.header('cache-control', 'no-store');
    c.header('x-robots-tag', 'noindex');
  });

  app.get(path, (c) => answered(c, async () => c.html(document(<FormPage opened={await openLink(deps, c.req.param('id'), c.req.param('secret'))} />))));

  app.post(path, bodyLimit({ maxSize: 4096 }), (c) =>
    answered(c, async () => {
      checkOwnForm(c);
      const opened = await openLink(deps, c.req.param('id'), c.req.param('secret'));
      const { thumbprint } = await c.req.parseBody();
      if (typeof thumbprint !== 'string' || thumbprint.trim() === '' || thumbprint.length > 200)
        return c.html(document(<FormPage opened={opened} complaint="Write the thumbprint of the key that you installed." />), 400);
      try {
        const { consumer, at } = await acknowledgeByLink(deps, opened, thumbprint.trim());
        return await c.html(document(<ThanksPage consumer={consumer} at={at} />));
      } catch (error) {
        if (!isRotaError(error, 'AcknowledgementWrong')) throw error;
        return c.html(document(<FormPage opened={opened} complaint={`${error.message} ${error.remedy}`} />), 409);
      }
    }),
  );

  return app;
}

/** A refusal as a page; what is no refusal goes on to the app. */
async function answered(c: Context<ApiEnv>, act: () => Promise<Response>): Promise<Response> {
  try {
    return await act();
  } catch (error) {
    if (!isRotaError(error)) throw error;
    return c.html(errorPage({ title: 'This does not work', sentence: error.message, remedy: error.remedy }), error.httpStatus as 500);
  }
}

/** There are no cookies to abuse, but a form on another site has no business here. Under `no-referrer` a browser sends `Origin: null`. */
function checkOwnForm(c: Context<ApiEnv>): void {
  const site = c.req.header('sec-fetch-site');
  const origin = c.req.header('origin');
  const foreign = site === undefined ? origin !== undefined && origin !== 'null' && origin !== new URL(c.req.url).origin : site !== 'same-origin' && site !== 'none';
  if (foreign) throw new RotaError('BadRequest', { problems: [{ where: 'form', message: 'was sent from another site' }] });
}

const FormPage = ({ opened: { link, open }, complaint }: { readonly opened: OpenedLink; readonly complaint?: string }) => {
  const { plan, rollover, newThumbprint } = open;
  const consumer = rollover.consumers.find((c) => c.name === link.consumer);
  const target = rollover.publication.targets.find((t) => t.name === consumer?.target);
  return (
    <Page title="A new key is published" hasScript={false}>
      <section class="narrow">
        {complaint === undefined ? null : (
          <p role="alert" class="message message-bad">
            <strong>{complaint}</strong>
          </p>
        )}
        <p>
          {plan.alias} gets a new key. {link.consumer} must have it before anything is switched.
        </p>
        <Facts
          of={[
            ['Consumer', link.consumer],
            ['The new key', <>its RFC 7638 thumbprint, the kid in the key set, begins with <Code>{thumbprintBegin(newThumbprint)}</Code></>],
            ['Where the key set is', target === undefined ? 'ask the custodian' : <Code>{whereOf(target)}</Code>],
            ['This link works until', <Time at={link.expiresAt} />],
          ]}
        />
        <form method="post">
          <label for="thumbprint">Thumbprint of the key that you installed, as your system shows it</label>
          <input type="text" id="thumbprint" name="thumbprint" required maxlength={200} autocomplete="off" autocapitalize="off" spellcheck={false} />
          <div class="buttons">
            <button type="submit">We have this key</button>
          </div>
        </form>
      </section>
    </Page>
  );
};

const ThanksPage = ({ consumer, at }: { readonly consumer: string; readonly at: string }) => (
  <Page title="Thank you" hasScript={false}>
    <section class="narrow">
      <p>
        It is recorded that {consumer} has the new key, as of {at}. You can close this page; its link is used up.
      </p>
    </section>
  </Page>
);

function whereOf(target: PublicationTarget): string {
  if (target.readBackUrl !== undefined) return target.readBackUrl;
  return target.kind === 's3' ? `s3://${target.bucket}/${target.prefix}.well-known/jwks.json` : target.kind === 'ssm' ? `parameter ${target.parameter} in AWS Systems Manager` : target.url;
}
