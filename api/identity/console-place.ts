/** The console as browsers and passkeys know it. */
export interface ConsolePlace {
  /** Scheme, host and port. */
  readonly origin: string;
  /** The relying party of its passkeys: the host name. Web Authentication Level 3, section 4, "RP ID". */
  readonly rpId: string;
}

export function consolePlace({ consoleUrl }: { readonly consoleUrl: string }): ConsolePlace {
  const { origin, hostname } = new URL(consoleUrl);
  return { origin, rpId: hostname };
}

/** The page to go to after a login: a path of this console, or its first page. */
export function ownPath(deps: { readonly consoleUrl: string }, path: string | undefined): string {
  const { origin } = consolePlace(deps);
  if (path === undefined || !URL.canParse(path, origin)) return '/';
  const url = new URL(path, origin);
  return url.origin === origin ? `${url.pathname}${url.search}` : '/';
}
