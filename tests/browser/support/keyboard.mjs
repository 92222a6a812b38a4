// Getting about by keyboard alone, as somebody does who sees where he is: whatever Tab reaches must show that it has the
// keyboard.
import assert from 'node:assert/strict';

const SOON = { timeout: 60_000 };
export const focused = (person, id) => person.id(id).first().evaluate((element) => element === document.activeElement);

/** What shows that the focused element is the one: an outline of its own, or of the label, box or picture that stands for it. */
const shown = (page) =>
  page.evaluate(() => {
    const outlined = (element) => {
      const { outlineStyle, outlineWidth, outlineColor, opacity } = getComputedStyle(element);
      return opacity !== '0' && outlineStyle !== 'none' && Number.parseFloat(outlineWidth) >= 1 && !/, 0\)$|transparent/.test(outlineColor);
    };
    const element = document.activeElement;
    return element !== document.body && [element, element.nextElementSibling, element.parentElement, element.parentElement?.parentElement].some((one) => one && outlined(one));
  });

/** Goes on by Tab until the element has the keyboard, sees that it shows it, and presses the key. */
export async function tabTo(person, id, key = 'Enter') {
  await person.id(id).first().waitFor(SOON);
  for (let i = 0; i < 60 && !(await focused(person, id)); i++) await person.page.keyboard.press('Tab');
  assert.ok(await focused(person, id), `${id} is reached by Tab`);
  assert.ok(await shown(person.page), `${id} shows that it has the keyboard`);
  if (key) await person.page.keyboard.press(key);
}
