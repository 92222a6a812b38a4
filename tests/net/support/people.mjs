// A Charla server on the lab's internet, and people in real browsers on its networks.
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { launch } from '../../browser/support/browser.mjs';
import { Server } from '../../browser/support/server.mjs';
import { NAME, SERVER } from './lab.mjs';

export const PORT = 443;

/** The server in its namespace, on port 443, under its own name and its own local authority. */
export function serve(lab) {
  const place = {
    listen: `${SERVER}:${PORT}`,
    name: NAME,
    url: `https://${NAME}`,
    command: (argv) => ['ip', 'netns', 'exec', lab.server, ...argv],
    dial: () => lab.dial(lab.server, SERVER, PORT),
  };
  return Server.start({ place });
}

/**
 * Makes a certificate store that trusts the authority: a warning that somebody clicked away would cover the page, but
 * not TURN over TLS.
 */
export function trust(store, authority) {
  mkdirSync(store, { recursive: true });
  execFileSync('certutil', ['-N', '-d', `sql:${store}`, '--empty-password']);
  execFileSync('certutil', ['-A', '-d', `sql:${store}`, '-n', 'charla', '-t', 'C,,', '-i', authority]);
}

/** Somebody in Chromium on a client's network; more options are those of `launch`. */
export function chromium(client, server, options = {}) {
  const place = {
    program(dir, browser) {
      const program = join(dir, 'chromium');
      const home = join(dir, 'home');
      trust(join(home, '.pki/nssdb'), server.authority);
      // The pipe over which the browser is driven crosses into the namespace as open files do.
      writeFileSync(program, `#!/bin/sh\nexport HOME=${home}\nexec ip netns exec ${client.namespace} ${browser} "$@"\n`, { mode: 0o755 });
      return program;
    },
    args: client.proxy ? [`--proxy-server=${client.proxy.url}`] : [],
  };
  return launch({ ...options, place });
}
