// Administration from the page: the owner link makes an owner, who invites, makes accounts, switches them off and gives
// links to set a password; whoever opens such a link is told what it is for, and its secret leaves the address at once.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { axe } from './support/axe.mjs';
import { launch } from './support/browser.mjs';
import { Server } from './support/server.mjs';
import { until } from './support/until.mjs';

const PASSWORD = 'a good long passphrase';
let server;
let owner;
let guest;

before(async () => {
  server = await Server.start({ config: '[accounts]\nregistration = "invite"\n' });
  [owner, guest] = await Promise.all([launch(), launch()]);
});
after(async () => {
  await Promise.all([owner?.close(), guest?.close()]);
  await server?.stop();
});

/** The address has lost the secret, and the history has nothing of it. */
async function clean(person, secret) {
  assert.ok(!person.page.url().includes(secret), person.page.url());
  assert.equal(await person.page.evaluate((secret) => JSON.stringify([history.state, { ...sessionStorage }, { ...localStorage }]).includes(secret), secret), false);
}
const person = (name) => owner.page.locator(`[data-testid=admin-person][data-username=${name}]`);
const deed = async (name, what) => {
  await person(name).getByTestId('person-menu').click();
  await owner.id(`person-${what}`).click();
};
const link = () => owner.id('link').inputValue();

test('the owner link opens registration and makes an owner, who finds the administration', async () => {
  const address = readFileSync(join(server.dir, 'data/owner-link.txt'), 'utf8').trim();
  const secret = address.split('#claim=')[1];
  await owner.page.goto(`${server.url}/register#claim=${secret}`);
  await owner.id('link-claim').waitFor();
  await clean(owner, secret);
  await owner.id('username').fill('olga');
  await owner.id('email').fill('olga@example.org');
  await owner.id('password').fill(PASSWORD);
  await owner.id('submit').click();
  await owner.id('claim-result').waitFor();
  await owner.id('nav-shield').click();
  await person('olga').waitFor();
  assert.equal(await person('olga').getAttribute('data-role'), 'owner');
  assert.equal(await owner.id('registration').getAttribute('data-mode'), 'invite');
  assert.equal(await person('olga').getByTestId('person-menu').count(), 0);
});

test('without an invitation there is no account; with one there is, once', async () => {
  await guest.page.goto(`${server.url}/register`);
  await guest.id('register-closed').waitFor();
  await owner.id('admin-invitations').click();
  await owner.id('invitations-none').waitFor();
  await owner.id('invite-new').click();
  await owner.id('invite-note').fill('for Gil');
  assert.deepEqual(await axe.check(owner.page), []);
  await owner.id('invite-create').click();
  await owner.id('link-once').waitFor();
  assert.deepEqual(await axe.check(owner.page), []);
  const address = await link();
  const secret = address.split('#invite=')[1];
  // The page is open already: nothing is loaded anew, the fragment alone changes.
  await guest.page.evaluate((secret) => (location.hash = `invite=${secret}`), secret);
  await guest.id('link-invite').waitFor();
  await clean(guest, secret);
  await guest.id('username').fill('gil');
  await guest.id('email').fill('gil@example.org');
  await guest.id('password').fill(PASSWORD);
  await guest.id('submit').click();
  await guest.id('person-search').waitFor();
  assert.equal(await guest.id('nav-shield').count(), 0);
  await guest.page.goto(`${server.url}/admin`);
  await guest.id('admin-refused').waitFor();
  await owner.page.reload();
  await owner.page.locator('[data-testid=invitation][data-uses="1"]').waitFor();
});

test('an invitation is revoked after a question', async () => {
  await owner.id('invite-new').click();
  await owner.id('invite-create').click();
  await until('two invitations', async () => (await owner.id('invitation').count()) === 2);
  await owner.id('invitation-revoke').first().click();
  await owner.id('confirm').waitFor();
  assert.deepEqual(await axe.check(owner.page), []);
  await owner.id('confirm-no').click();
  assert.equal(await owner.id('invitation').count(), 2);
  await owner.id('invitation-revoke').first().click();
  await owner.id('confirm-yes').click();
  await until('one invitation', async () => (await owner.id('invitation').count()) === 1);
});

test('an account is made for somebody, who sets a password by the link, once', async () => {
  await owner.id('admin-people').click();
  await owner.id('person-new').click();
  await owner.id('new-username').fill('nora');
  await owner.id('new-email').fill('nora@example.org');
  await owner.id('new-create').click();
  await owner.id('link-once').waitFor();
  const secret = (await link()).split('#reset=')[1];
  const nora = await launch();
  try {
    await nora.page.goto(`${server.url}/#reset=${secret}`);
    await nora.id('reset-password').waitFor();
    await clean(nora, secret);
    assert.deepEqual(await axe.check(nora.page), []);
    await nora.id('reset-password').fill('short');
    await nora.id('reset-submit').click();
    await nora.page.locator('.wrong').waitFor();
    await nora.id('reset-password').fill(PASSWORD);
    await nora.id('reset-submit').click();
    await nora.id('reset-done').waitFor();
    await nora.id('reset-signin').click();
    await nora.id('username').fill('nora');
    await nora.id('password').fill(PASSWORD);
    await nora.id('submit').click();
    await nora.id('person-search').waitFor();
    await nora.page.goto('about:blank');
    await nora.page.goto(`${server.url}/#reset=${secret}`);
    await nora.id('reset-password').fill(PASSWORD);
    await nora.id('reset-submit').click();
    await nora.id('reset-used').waitFor();
    await nora.page.reload();
    await nora.id('reset-missing').waitFor();
  } finally {
    await nora.close();
  }
});

test('who is switched off is out at once, and comes back; roles are given', async () => {
  await owner.id('admin-search').fill('gil');
  await until('gil alone to be shown', async () => (await owner.id('admin-person').count()) === 1);
  await deed('gil', 'switchOff');
  await owner.id('confirm-yes').click();
  await owner.page.locator('[data-testid=admin-person][data-username=gil][data-disabled=true]').waitFor();
  await guest.id('submit').waitFor();
  await deed('gil', 'switchOn');
  await owner.page.locator('[data-testid=admin-person][data-username=gil][data-disabled=false]').waitFor();
  await deed('gil', 'makeAdmin');
  await owner.page.locator('[data-testid=admin-person][data-username=gil][data-role=admin]').waitFor();
  await guest.page.goto(`${server.url}/signin`);
  await guest.id('username').fill('gil');
  await guest.id('password').fill(PASSWORD);
  await guest.id('submit').click();
  await guest.id('nav-shield').click();
  const seen = (name) => guest.page.locator(`[data-testid=admin-person][data-username=${name}]`);
  await seen('olga').waitFor();
  assert.equal(await seen('olga').getByTestId('person-menu').count(), 0);
  assert.equal(await seen('nora').getByTestId('person-menu').count(), 1);
});
