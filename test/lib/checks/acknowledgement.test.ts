import { acknowledgements, withoutAcknowledged } from '../../../lib/checks/acknowledgement';
import { findingsIn } from '../../../lib/checks/finding';
import type { Rule } from '../../../lib/checks/rules/rule';
import { ResolvedTemplate } from '../../../lib/checks/template/resolved-template';

const IDS = new Set(['r', 's']);
const rule = (id: string): Rule => ({
  id,
  severity: 'error',
  title: '',
  fix: '',
  see: '',
  check: (template) => template.resources.map(({ logicalId }) => ({ resource: logicalId, message: id })),
});
const metadata = (...ids: string[]) => ({
  InferenceChecks: { acknowledge: ids.map((id) => ({ id, reason: 'because' })) },
});

function open(...templates: object[]): string[] {
  const resolved = templates.map((template, index) => ({
    file: `${index}.json`,
    resolved: new ResolvedTemplate(template),
  }));
  const selected = ['r', 's'].map((id) => ({ rule: rule(id), severity: 'error' as const }));
  return withoutAcknowledged(findingsIn(resolved, selected), resolved, IDS).map(
    ({ file, resource, message }) => `${file} ${resource.logicalId} ${message}`,
  );
}

test('a resource acknowledges what is said of itself', () => {
  expect(open({ Resources: { A: { Type: 'T', Metadata: metadata('r') }, B: { Type: 'T' } } })).toEqual([
    '0.json B r',
    '0.json A s',
    '0.json B s',
  ]);
});

test('a template acknowledges what is said of all its resources, and of no other template', () => {
  const Resources = { A: { Type: 'T' } };
  expect(open({ Metadata: metadata('r', 's'), Resources }, { Resources })).toEqual(['1.json A r', '1.json A s']);
});

test('what else is in metadata does not matter', () => {
  expect(acknowledgements('here', { 'aws:cdk:path': 'A', Other: 5 }, IDS)).toEqual([]);
  expect(open({ Metadata: null, Resources: { A: { Type: 'T', Metadata: 'text' } } })).toHaveLength(2);
});

test.each([
  [null, 'here: Metadata.InferenceChecks.acknowledge must be a list of { id, reason }'],
  ['r', 'must be a list'],
  [{}, 'must be a list'],
  [{ acknowledge: { id: 'r', reason: 'x' } }, 'must be a list'],
  [{ acknowledge: [null] }, "acknowledge[0] needs an 'id' and a 'reason'"],
  [{ acknowledge: ['r'] }, "acknowledge[0] needs an 'id' and a 'reason'"],
  [
    {
      acknowledge: [
        { id: 'r', reason: 'x' },
        { id: 's', reason: 5 },
      ],
    },
    "acknowledge[1] needs an 'id' and a 'reason'",
  ],
  [{ acknowledge: [{ id: 'r', reason: '\n' }] }, "acknowledge[0] needs an 'id' and a 'reason'"],
  [{ acknowledge: [{ id: 't', reason: 'x' }] }, "here acknowledges the rule 't', which does not exist"],
])('%j is refused', (value, message) => {
  expect(() => acknowledgements('here', { InferenceChecks: value }, IDS)).toThrow(message);
});
