// Schemathesis against a fresh server: whatever the OpenAPI document allows, and much that it does not. Run by
// tools/test-long.sh; tools/need.sh long installs it. No 5xx, and no answer but those of the document.
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Server } from '../browser/support/server.mjs';

const program = resolve(process.argv[2]);
const server = await Server.start({ config: '[limits]\nconnections_per_address = 2000\n' });
try {
  const account = { username: 'anna', email: 'anna@example.org', password: 'correct horse battery' };
  const { json } = await server.send('POST', '/api/v1/auth/register', account);
  // What ends the session that asks would end the test; the server's own tests have it.
  const ends = ['logout', 'endSession', 'changePassword'];
  const document = join(server.dir, 'openapi.json');
  writeFileSync(document, (await server.get('/api/openapi.json')).text);
  const { status } = spawnSync(
    program,
    [
      'run',
      document,
      `--url=${server.url}`,
      `--tls-verify=${server.authority}`,
      `--header=Authorization: Bearer ${json.accessToken}`,
      '--checks=not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance',
      '--continue-on-failure',
      '--suppress-health-check=all',
      `--max-examples=${process.env.CHARLA_EXAMPLES ?? 100}`,
      ...ends.map((id) => `--exclude-operation-id=${id}`),
    ],
    { stdio: 'inherit', cwd: server.dir },
  );
  process.exitCode = status ?? 1;
} finally {
  await server.stop();
}
