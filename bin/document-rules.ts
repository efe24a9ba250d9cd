/** Writes the tables of rules into the page of their folder. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { listRules } from './check/rules-list';

/** What is behind this line is generated. */
const MARK = '<!-- prettier-ignore-start -->';
const END = '<!-- prettier-ignore-end -->';

/** The page with the rules as they are. */
export function documented(page: string): string {
  const [written] = page.split(MARK);
  return `${written}${MARK}\n\n${listRules('markdown')}\n\n${END}\n`;
}

export const RULES_PAGE = path.join(__dirname, '..', 'lib', 'checks', 'README.md');

if (require.main === module) {
  fs.writeFileSync(RULES_PAGE, documented(fs.readFileSync(RULES_PAGE, 'utf8')));
}
