import { readFileSync } from 'node:fs';
import { documented, RULES_PAGE } from '../../bin/document-rules';

test('the page of the rules has them as they are', () => {
  const page = readFileSync(RULES_PAGE, 'utf8');
  expect(page).toBe(documented(page));
});
