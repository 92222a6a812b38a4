// The page speaks its reader's language, also where the server, which speaks English, refuses.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { launch } from './support/browser.mjs';
import { Server } from './support/server.mjs';

let server;
let eva;

before(async () => {
  server = await Server.start();
  eva = await launch({ probe: false, locale: 'es' });
});
after(async () => {
  await eva?.close();
  await server?.stop();
});

test('a Spanish browser reads why a name and a password are refused, in Spanish', async () => {
  const { page } = eva;
  await page.goto(`${server.url}/register`);
  await page.getByRole('heading', { name: 'Crea una cuenta' }).waitFor();
  assert.equal(await page.locator('html').getAttribute('lang'), 'es');
  await eva.register(server, 'eva', 'una frase bastante larga');
  await page.context().clearCookies();
  await page.evaluate(() => localStorage.clear());
  await page.goto(`${server.url}/register`);
  await eva.id('username').fill('eva');
  await eva.id('email').fill('otra@example.org');
  await eva.id('password').fill('otra frase bastante larga');
  await eva.id('submit').click();
  await page.getByText('Este nombre de usuario ya está en uso. Elige otro.').waitFor();
  await eva.id('username').fill('otra');
  await eva.id('password').fill('corta');
  await eva.id('submit').click();
  await page.getByText('Elige una contraseña de 8 a 128 caracteres').waitFor();
  assert.doesNotMatch(await page.locator('body').innerText(), /taken|Choose|Write/);
});
