// The Postman collection that a fresh server generates: of the form that Postman imports, with every operation of the
// OpenAPI document, and green from top to bottom and a second time, on either store.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import har from '@har-sdk/validator';
import newman from 'newman';
import { Server } from '../browser/support/server.mjs';
import { startMongod } from './support/mongod.mjs';

const requests = (folder) => folder.item.flatMap((item) => (item.item ? requests(item) : [item]));
const folders = (folder) => folder.item.flatMap((item) => (item.item ? [item, ...folders(item)] : []));
const idOf = (item) => item.name.split(':')[0];

const run = (collection, server, variables) =>
  new Promise((done, fail) =>
    newman.run(
      {
        collection: structuredClone(collection),
        envVar: Object.entries({ baseUrl: server.url, ...variables }).map(([key, value]) => ({ key, value })),
        sslExtraCaCerts: server.authority,
        timeout: 240_000,
        timeoutRequest: 60_000,
      },
      (error, summary) => (error ? fail(error) : done(summary.run)),
    ),
  );

/** Runs it and says what went wrong. */
async function green(collection, server, variables) {
  const { failures, executions, stats } = await run(collection, server, variables);
  const told = failures.map(({ source, error }) => {
    const answer = executions.find((one) => one.item.id === source?.id)?.response;
    return `${source?.name}: ${error.message}\n  ${answer?.code} ${answer?.stream}`;
  });
  assert.deepEqual(told, []);
  assert.equal(stats.requests.total, requests(collection).length);
  assert.ok(stats.assertions.total >= stats.requests.total);
  return executions;
}

test('Postman can import it, and it lacks no operation', { timeout: 300_000 }, async () => {
  const server = await Server.start();
  try {
    const collection = (await server.get('/api/postman.json')).json;
    const validator = new har.PostmanValidator();
    assert.deepEqual(await validator.verify(collection), []);
    // It would say so.
    assert.notDeepEqual(await validator.verify({ ...structuredClone(collection), item: 'none' }), []);

    const { paths } = (await server.get('/api/openapi.json')).json;
    const operations = Object.values(paths).flatMap((item) => Object.values(item).map((one) => one.operationId));
    const held = new Set(requests(collection).map(idOf));
    const missing = operations.filter((id) => id && !held.has(id));
    assert.deepEqual(missing, [], 'operations that the collection lacks');
    for (const { name, request } of requests(collection)) {
      assert.match(name, /^([a-zA-Z]+: .{5,}|register a friend)$/);
      assert.ok(request.description.length > 20, `${name} is not described`);
      assert.ok(request.url.raw.startsWith('{{baseUrl}}/api/'), request.url.raw);
    }
    for (const { name, description } of folders(collection)) assert.ok(description, `the folder ${name} is not described`);
  } finally {
    await server.stop();
  }
});

/** As its owner does who has the link, and then as anybody. */
async function visit(config) {
  const server = await Server.start({ config });
  try {
    const collection = (await server.get('/api/postman.json')).json;
    const link = readFileSync(join(server.dir, 'data/owner-link.txt'), 'utf8');
    const executions = await green(collection, server, { claim: link.trim().split('#claim=')[1] });
    const failed = executions.filter((one) => one.response.code >= 300).map((one) => idOf(one.item));
    // Calls are started over Socket.IO: there is none to be shown.
    assert.deepEqual(failed, ['getCall'], 'of an owner nothing else is refused');
    await green(collection, server, {});
  } finally {
    await server.stop();
  }
}

test('newman runs it green on SQLite', { timeout: 600_000 }, () => visit(''));

test('newman runs it green on MongoDB', { timeout: 600_000 }, async () => {
  const mongod = await startMongod();
  try {
    await visit(`[storage]\nurl = "${mongod.url}"\n`);
  } finally {
    await mongod.stop();
  }
});
