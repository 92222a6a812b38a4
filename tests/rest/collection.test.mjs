// The Postman collection that a fresh server generates runs green against it, from top to bottom and a second time.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import newman from 'newman';
import { Server } from '../browser/support/server.mjs';

const run = (collection, server) =>
  new Promise((done, fail) =>
    newman.run(
      {
        collection: structuredClone(collection),
        envVar: [{ key: 'baseUrl', value: server.url }],
        sslExtraCaCerts: server.authority,
        timeout: 120_000,
        timeoutRequest: 30_000,
      },
      (error, summary) => (error ? fail(error) : done(summary.run)),
    ),
  );

const requests = (folder) => folder.item.flatMap((item) => (item.item ? requests(item) : [item]));

test('newman runs the collection green', { timeout: 300_000 }, async () => {
  const server = await Server.start();
  try {
    const collection = (await server.get('/api/postman.json')).json;
    for (const turn of ['first', 'second']) {
      const { failures, executions, stats } = await run(collection, server);
      const told = failures.map(({ source, error }) => {
        const answer = executions.find((one) => one.item.id === source?.id)?.response;
        return `${source?.name}: ${error.message}\n  ${answer?.code} ${answer?.stream}`;
      });
      assert.deepEqual(told, [], `the ${turn} run`);
      assert.equal(stats.requests.total, requests(collection).length);
      assert.ok(stats.assertions.total >= stats.requests.total);
      const kept = (id) => executions.filter((one) => one.item.name.startsWith(`${id}:`)).at(-1).response.code;
      // What the token of `login` opens.
      for (const id of ['getOwnUser', 'sendMessage', 'createGroup']) assert.ok(kept(id) < 300, `${id}: ${kept(id)}`);
    }
  } finally {
    await server.stop();
  }
});
