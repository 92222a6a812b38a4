// Schemathesis against a fresh server: whatever the OpenAPI document allows, and much that it does not. Run by
// tools/test-long.sh; tools/need.sh long installs it. No 5xx, no answer but those of the document, no connection lost.
//   node tests/rest/schemathesis.mjs PROGRAM [report directory]; CHARLA_EXAMPLES=100, CHARLA_PHASES
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Server } from '../browser/support/server.mjs';

// So that neither a limit nor an expired token answers in place of what is to be tested.
const CONFIG = `[accounts]
access_minutes = 1440
[limits]
connections_per_address = 2000
events_per_second = 10000
events_burst = 100000
logins_per_account = 100000
logins_per_address = 100000
registrations_per_address = 100000
`;
/** What there is to be found, by the path that finds it: else almost everything asked for would not be there. */
async function furnish(send) {
  const make = async (method, path, body) => {
    const answer = await send(method, `/api/v1${path}`, body);
    if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.status} ${answer.text}`);
    return answer.json;
  };
  const account = { username: 'berta', email: 'berta@example.org', password: 'correct horse battery' };
  const friend = (await make('POST', '/auth/register', account)).user.id;
  const guest = { username: 'guest', email: 'guest@example.org', role: 'member' };
  const conversation = (await make('POST', '/conversations', { user: friend })).id;
  const say = (n) => make('POST', `/conversations/${conversation}/messages`, { clientId: `c${n}`, content: `Hello ${n}` });
  const messages = [];
  for (let n = 0; n < 30; n += 1) messages.push((await say(n)).id);
  const groups = [];
  for (let n = 0; n < 5; n += 1) groups.push((await make('POST', '/groups', { name: `Group ${n}`, members: [friend] })).id);
  const invitations = [];
  for (let n = 0; n < 5; n += 1) invitations.push((await make('POST', '/admin/invitations', {})).invitation.id);
  const guests = [(await make('POST', '/admin/users', guest)).user.id];
  return {
    '^/api/v1/admin/users/': { 'path.id': guests },
    '^/api/v1/admin/invitations/': { 'path.id': invitations },
    '^/api/v1/conversations/': { 'path.id': [conversation, ...groups] },
    '^/api/v1/groups/': { 'path.id': groups, 'path.user': [friend] },
    '^/api/v1/messages/\\{': { 'path.id': messages },
    '^/api/v1/users/\\{': { 'path.id': [friend] },
    '^/api/v1/users/me/blocks/': { 'path.id': [friend] },
  };
}

/** A configuration of Schemathesis by which most ids are of what there is. */
function finding(places) {
  const dictionaries = [];
  const operations = Object.entries(places).map(([path, parameters], n) => {
    const bound = Object.entries(parameters).map(([name, values], m) => {
      dictionaries.push(`[dictionaries.d${n}x${m}]\nvalues = ${JSON.stringify(values)}\n`);
      return `"${name}" = { dictionary = "d${n}x${m}", probability = 0.8 }`;
    });
    return `[[operations]]\ninclude-path-regex = '${path}'\nparameters = { ${bound.join(', ')} }\n`;
  });
  return [...dictionaries, ...operations].join('\n');
}

const PHASES = process.env.CHARLA_PHASES ?? 'examples,coverage,fuzzing,stateful';
const CHECKS = 'not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance';

const program = resolve(process.argv[2]);
const reports = resolve(process.argv[3] ?? 'target/schemathesis');
mkdirSync(reports, { recursive: true });
const server = await Server.start({ config: CONFIG });
try {
  const account = { username: 'anna', email: 'anna@example.org', password: 'correct horse battery' };
  const { json } = await server.send('POST', '/api/v1/auth/register', account);
  const headers = { authorization: `Bearer ${json.accessToken}` };
  // An owner is let into more, and cannot take his own rights away.
  const claim = readFileSync(join(server.dir, 'data/owner-link.txt'), 'utf8').trim().split('#claim=')[1];
  const claimed = await server.send('POST', '/api/v1/auth/claim', { claim }, headers);
  if (claimed.status >= 300) throw new Error(`claim: ${claimed.status} ${claimed.text}`);
  const places = await furnish((method, path, body) => server.send(method, path, body, headers));
  const settings = join(server.dir, 'schemathesis.toml');
  writeFileSync(settings, finding(places));
  // What ends the session that asks would end the test; the server's own tests have it.
  const ends = ['logout', 'endSession', 'changePassword'];
  const document = join(server.dir, 'openapi.json');
  writeFileSync(document, (await server.get('/api/openapi.json')).text);
  // Not spawnSync: this process must go on reading what the server logs, or the server waits for it and answers nobody.
  const tests = spawn(
    program,
    [
      `--config-file=${settings}`,
      'run',
      document,
      `--url=${server.url}`,
      `--tls-verify=${server.authority}`,
      `--header=Authorization: ${headers.authorization}`,
      `--checks=${CHECKS}`,
      `--phases=${PHASES}`,
      '--continue-on-failure',
      '--suppress-health-check=all',
      // A busy machine is slow, which is no fault of what is tested.
      '--request-timeout=60',
      `--max-examples=${process.env.CHARLA_EXAMPLES ?? 100}`,
      '--report=json,junit',
      `--report-dir=${reports}`,
      ...ends.map((id) => `--exclude-operation-id=${id}`),
      ...(process.env.CHARLA_OPERATIONS ?? '').split(',').filter(Boolean).map((id) => `--include-operation-id=${id}`),
    ],
    { stdio: 'inherit', cwd: server.dir },
  );
  const [code] = await once(tests, 'exit');
  process.exitCode = code ?? 1;
} finally {
  writeFileSync(join(reports, 'server.log'), server.log);
  await server.stop();
}
