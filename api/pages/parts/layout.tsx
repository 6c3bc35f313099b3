import type { Child } from 'hono/jsx';
import type { LoggedIn } from '../../identity/session.ts';
import { scriptPath, stylesheetPath } from '../assets/assets.ts';

const places = [
  ['/', 'Home'],
  ['/rotations', 'Rotations'],
  ['/keys', 'Keys'],
  ['/findings', 'Findings'],
  ['/consumers', 'Consumers'],
  ['/dossiers', 'Dossiers'],
  ['/kpis', 'KPIs'],
  ['/people', 'People'],
] as const;

type Place = (typeof places)[number][0];

interface PageProps {
  readonly title: string;
  /** Who reads it; nobody before the login. */
  readonly reader?: LoggedIn;
  /** Where in the navigation the page stands. */
  readonly place?: Place;
  /** Without it a page is what it is, with times in UTC. */
  readonly hasScript?: boolean;
  readonly children?: Child;
}

/** Every page of the console. It holds no style and no script of its own (Content-Security-Policy). */
export const Page = ({ title, reader, place, hasScript = true, children }: PageProps) => (
  <html lang="en">
    <head>
      <meta charset="utf-8" />
      <meta name="viewport" content="width=device-width, initial-scale=1" />
      <meta name="color-scheme" content="light dark" />
      <title>{`${title} - Rota`}</title>
      <link rel="stylesheet" href={stylesheetPath} />
      {hasScript ? <script src={scriptPath} defer /> : null}
    </head>
    <body>
      <a class="skip" href="#main">
        Skip to the content
      </a>
      <header class="top">
        <div class="bar">
          <a class="brand" href="/">
            Rota
          </a>
          {reader === undefined ? null : <Navigation place={place} />}
          {reader === undefined ? null : <Reader {...reader} />}
        </div>
      </header>
      <main id="main" tabindex={-1}>
        <h1>{title}</h1>
        {children}
      </main>
      <footer>
        <p>
          Rota rotates the AWS KMS keys that AWS cannot rotate by itself.{' '}
          {reader === undefined ? null : <a href="/outbox">Outbox</a>}
        </p>
      </footer>
    </body>
  </html>
);

const Navigation = ({ place }: { readonly place: Place | undefined }) => (
  <nav aria-label="Console">
    <ul>
      {places.map(([href, name]) => (
        <li>
          <a href={href} {...(href === place ? { 'aria-current': 'page' as const } : {})}>
            {name}
          </a>
        </li>
      ))}
    </ul>
  </nav>
);

const Reader = ({ person, csrfToken }: LoggedIn) => (
  <form class="reader" method="post" action="/logout">
    <input type="hidden" name="csrf" value={csrfToken} />
    <span>
      {person.name} <small>{person.roles.join(', ')}</small>
    </span>
    <button type="submit" class="quiet">
      Log out
    </button>
  </form>
);
