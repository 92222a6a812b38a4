// The settings at work: what is chosen holds on the server, on other devices, after a reload; and all of it by keyboard.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { launch } from './support/browser.mjs';
import { Server } from './support/server.mjs';
import { until } from './support/until.mjs';

const PASSWORD = 'a good long passphrase';
const NEW = 'another good long passphrase';
let server;
let anna;
let ben;

before(async () => {
  server = await Server.start();
  [anna, ben] = await Promise.all([launch(), launch()]);
  await anna.register(server, 'anna', PASSWORD);
  await ben.register(server, 'ben', PASSWORD);
});
after(async () => {
  await Promise.all([anna?.close(), ben?.close()]);
  await server?.stop();
});

const go = async (person, section, testid) => {
  await person.page.goto(`${server.url}/settings/${section}`);
  await person.id(testid).first().waitFor();
};

test('what others see is changed by a switch, and holds on the server', async () => {
  await go(anna, 'privacy', 'privacy-showTyping');
  await anna.id('privacy-showTyping').click();
  const rest = await server.as('anna', PASSWORD);
  await until('the server to know', async () => (await rest.send('GET', '/api/v1/users/me/settings')).json.showTyping === false);
  await anna.page.reload();
  await until('the switch to be off', async () => (await anna.id('privacy-showTyping').getAttribute('data-state')) === 'unchecked');
});

test('somebody who is blocked is listed, also when another device did it, and unblocked', async () => {
  await anna.id('blocked-none').waitFor();
  const rest = await server.as('anna', PASSWORD);
  const { users } = (await rest.send('GET', '/api/v1/users?query=ben')).json;
  await rest.send('PUT', `/api/v1/users/me/blocks/${users[0].id}`);
  await anna.page.locator('[data-testid=blocked][data-username=ben]').waitFor();
  await anna.id('unblock').click();
  await anna.id('blocked-none').waitFor();
  assert.deepEqual((await rest.send('GET', '/api/v1/users/me/blocks')).json.users, []);
});

test('other devices are signed out, and a new password signs out the rest', async () => {
  await server.as('ben', PASSWORD);
  await go(ben, 'sessions', 'session');
  await until('two devices', async () => (await ben.id('session').count()) === 2);
  await ben.id('sessions-end-others').click();
  await ben.id('sessions-end-others-yes').click();
  await until('one device', async () => (await ben.id('session').count()) === 1);
  const other = await server.as('ben', PASSWORD);
  await go(ben, 'profile', 'old-password');
  await ben.id('old-password').fill('not this');
  await ben.id('new-password').fill(NEW);
  await ben.id('change-password').click();
  await ben.page.locator('.wrong').waitFor();
  await ben.id('old-password').fill(PASSWORD);
  await ben.id('change-password').click();
  await ben.id('password-changed').waitFor();
  assert.equal((await other.send('GET', '/api/v1/auth/sessions')).status, 401);
  await server.as('ben', NEW);
});

test('theme and language are kept', async () => {
  await go(anna, 'looks', 'language');
  await anna.page.locator('label:has([data-testid=theme-dark])').click();
  await anna.id('language').selectOption('de');
  await anna.page.getByRole('heading', { name: 'Aussehen' }).waitFor();
  await anna.page.reload();
  await anna.page.getByRole('heading', { name: 'Aussehen' }).waitFor();
  assert.equal(await anna.page.evaluate(() => document.documentElement.dataset.theme), 'dark');
  await anna.id('language').selectOption('en');
  await anna.page.locator('label:has([data-testid=theme-system])').click();
});

test('a shortcut gets other keys, does its work, and keeps them; keys that write are refused', async () => {
  await go(anna, 'keys', 'key');
  const search = anna.page.locator('[data-testid=key][data-action=search]');
  await search.getByTestId('key-change').click();
  await anna.page.keyboard.press('a');
  await anna.id('key-trouble').waitFor();
  await anna.page.keyboard.press('Control+Shift+F');
  await until('the keys to be shown', async () => /Ctrl\s*Shift\s*F/.test(await search.textContent()));
  await anna.page.reload();
  await search.waitFor();
  assert.match(await search.textContent(), /Ctrl\s*Shift\s*F/);
  await until('the shortcut to work', async () => {
    await anna.page.keyboard.press('Control+Shift+F');
    return anna.page.evaluate(() => document.activeElement?.matches('input[type=search]'));
  });
});

test('permission for notifications is asked for only after it was said what for', async () => {
  // This browser has denied them before it was asked.
  await go(ben, 'notifications', 'notify-system');
  await ben.id('notify-denied').waitFor();
  await ben.page.addInitScript(() => {
    let answer = 'default';
    Object.defineProperty(Notification, 'permission', { get: () => answer });
    Notification.requestPermission = async () => (answer = 'granted');
  });
  await ben.page.reload();
  await ben.id('notify-system').click();
  await ben.id('notify-explained').waitFor();
  assert.equal(await ben.page.evaluate(() => Notification.permission), 'default');
  await ben.id('notify-ask').click();
  await until('it to be on', async () => (await ben.id('notify-system').getAttribute('data-state')) === 'checked');
});

test('a card tells of a message in another chat, and leads there; a muted chat is silent', async () => {
  await ben.page.goto(`${server.url}/calls`);
  await ben.page.getByRole('main').waitFor();
  const rest = await server.as('anna', PASSWORD);
  const { users } = (await rest.send('GET', '/api/v1/users?query=ben')).json;
  const { id } = (await rest.send('POST', '/api/v1/conversations', { user: users[0].id })).json;
  let count = 0;
  const say = (content) => rest.send('POST', `/api/v1/conversations/${id}/messages`, { clientId: `c${count++}`, content });
  await until('a card', async () => {
    await say('look up');
    return ben.id('arrived').filter({ hasText: 'look up' }).count();
  }, { every: 1000 });
  await ben.id('arrived').first().getByRole('button', { name: /anna/ }).click();
  await ben.reads('look up');
  assert.equal(await ben.id('arrived').count(), 0);
  await ben.page.goto(`${server.url}/calls`);
  const own = await server.as('ben', NEW);
  await own.send('PUT', `/api/v1/conversations/${id}/mute`, {});
  await say('a word in silence');
  await until('the message to be known', async () => /unread|[1-9]/.test(await ben.id('nav-chat').textContent()));
  assert.equal(await ben.id('arrived').count(), 0);
});

test('the settings by keyboard alone, on a phone', async () => {
  await anna.page.setViewportSize({ width: 360, height: 740 });
  await anna.page.goto(`${server.url}/settings`);
  await anna.id('settings-privacy').waitFor();
  const tabTo = async (testid) => {
    for (let i = 0; i < 40; i++) {
      if (await anna.page.evaluate((id) => document.activeElement?.dataset?.testid === id, testid)) return;
      await anna.page.keyboard.press('Tab');
    }
    assert.fail(`Tab never came to ${testid}`);
  };
  await tabTo('settings-privacy');
  await anna.page.keyboard.press('Enter');
  await anna.id('privacy-showTyping').waitFor();
  await until('the heading to have the focus', () => anna.page.evaluate(() => document.activeElement?.tagName === 'H2'));
  const before = await anna.id('privacy-showTyping').getAttribute('data-state');
  await tabTo('privacy-showTyping');
  await anna.page.keyboard.press('Space');
  await until('the switch to turn', async () => (await anna.id('privacy-showTyping').getAttribute('data-state')) !== before);
  for (let i = 0; i < 40 && !(await anna.page.evaluate(() => document.activeElement?.dataset?.testid === 'settings-back')); i++) await anna.page.keyboard.press('Shift+Tab');
  await anna.page.keyboard.press('Enter');
  await anna.id('settings-looks').waitFor();
  assert.equal(await anna.page.evaluate(() => document.documentElement.scrollWidth > innerWidth), false);
});
