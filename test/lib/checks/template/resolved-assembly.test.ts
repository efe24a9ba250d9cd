import { resolveAssembly } from '../../../../lib/checks/template/resolved-assembly';
import { ResolvedTemplate } from '../../../../lib/checks/template/resolved-template';
import { Composed, Reference, type Resolved, Unknown } from '../../../../lib/checks/template/resolved-value';

const topic = { Type: 'AWS::SNS::Topic' };
const holder = (value: unknown) => ({ Type: 'AWS::SSM::Parameter', Properties: { Value: value } });
const valueOf = (template: ResolvedTemplate, logicalId = 'Holder'): Resolved =>
  template.resourceOf(logicalId)!.properties.Value;
const one = (value: unknown, rest: object = {}): Resolved =>
  valueOf(new ResolvedTemplate({ ...rest, Resources: { Topic: topic, Holder: holder(value) } }));

function assembly(files: Readonly<Record<string, unknown>>): Record<string, ResolvedTemplate> {
  return Object.fromEntries(
    resolveAssembly(Object.entries(files).map(([file, template]) => ({ file, template }))).map(({ file, resolved }) => [
      file,
      resolved,
    ]),
  );
}

test('references, attributes and text around them are followed', () => {
  expect(one({ Ref: 'Topic' })).toMatchObject({ resource: { logicalId: 'Topic' }, attribute: undefined });
  expect(one({ 'Fn::GetAtt': ['Topic', 'TopicName'] })).toMatchObject({ attribute: 'TopicName' });
  expect(one({ 'Fn::GetAtt': 'Topic.TopicName' })).toMatchObject({ attribute: 'TopicName' });
  expect(one({ 'Fn::Join': ['-', ['a', 'b', 1]] })).toBe('a-b-1');
  const composed = one({ 'Fn::Sub': ['${Topic}/${x}/${!y}', { x: 'X' }] });
  expect(composed).toBeInstanceOf(Composed);
  expect((composed as Composed).parts[0]).toBeInstanceOf(Reference);
  expect((composed as Composed).parts[1]).toBe('/X/${y}');
  expect(one({ 'Fn::Select': [1, ['a', 'b']] })).toBe('b');
  expect(one({ Ref: 'AWS::NoValue' })).toBeUndefined();
  expect(one({ 'Fn::FindInMap': ['M', 'a', 'b'] }, { Mappings: { M: { a: { b: 5 } } } })).toBe(5);
});

test.each([
  ['a parameter', { Ref: 'P' }],
  ['a pseudo parameter', { Ref: 'AWS::Region' }],
  ['a resource that is not there', { Ref: 'Gone' }],
  ['a function that is not known', { 'Fn::Cidr': ['10.0.0.0/16', 2] }],
  ['an import from elsewhere', { 'Fn::ImportValue': 'other' }],
])('%s is not known', (_, value) => {
  expect(one(value, { Parameters: { P: { Type: 'String' } } })).toBeInstanceOf(Unknown);
});

describe('conditions', () => {
  const Conditions = {
    Yes: { 'Fn::Equals': ['a', 'a'] },
    No: { 'Fn::Not': [{ Condition: 'Yes' }] },
    Number: { 'Fn::Equals': [1, '1'] },
    Any: { 'Fn::Equals': [{ Ref: 'P' }, 'a'] },
    Round: { Condition: 'Round' },
    Both: { 'Fn::And': [{ Condition: 'Yes' }, { Condition: 'Any' }] },
    Neither: { 'Fn::And': [{ Condition: 'No' }, { Condition: 'Any' }] },
    One: { 'Fn::Or': [{ Condition: 'Any' }, { Condition: 'Yes' }] },
    Perhaps: { 'Fn::Or': [{ Condition: 'Any' }, { Condition: 'No' }] },
  };
  test.each([
    ['Yes', 1],
    ['No', 2],
    ['Number', 1],
    ['Neither', 2],
    ['One', 1],
  ])('%s is decided', (name, value) => {
    expect(one({ 'Fn::If': [name, 1, 2] }, { Conditions })).toBe(value);
  });

  test.each(['Any', 'Round', 'Both', 'Perhaps', 'Missing'])('%s is not known', (name) => {
    expect(one({ 'Fn::If': [name, 1, 2] }, { Conditions })).toBeInstanceOf(Unknown);
    expect(one({ 'Fn::If': [name, 1, 1] }, { Conditions })).toBe(1);
  });

  test('what is not there for certain is left out, what may be there stays', () => {
    const Resources = { Gone: { ...topic, Condition: 'No' }, Here: { ...topic, Condition: 'Any' } };
    expect(new ResolvedTemplate({ Conditions, Resources }).resources.map(({ logicalId }) => logicalId)).toEqual([
      'Here',
    ]);
  });
});

describe('nested stacks', () => {
  const child = {
    Parameters: { Given: { Type: 'String' } },
    Resources: { Holder: holder({ Ref: 'Given' }), Inner: topic },
    Outputs: { Name: { Value: { 'Fn::GetAtt': ['Inner', 'TopicName'] } } },
  };
  const parent = (extra: object) => ({
    Resources: {
      Topic: topic,
      Child: {
        Type: 'AWS::CloudFormation::Stack',
        Properties: { Parameters: { Given: { Ref: 'Topic' } }, ...extra },
      },
      Holder: holder({ 'Fn::GetAtt': ['Child', 'Outputs.Name'] }),
    },
  });

  test('parameters are what the stack above gives, outputs what the nested one says', () => {
    const found = assembly({ 'app/parent.json': parent({ TemplateURL: './child.json' }), 'app/child.json': child });
    expect(valueOf(found['app/child.json'])).toMatchObject({
      resource: { logicalId: 'Topic', type: 'AWS::SNS::Topic' },
    });
    expect(valueOf(found['app/parent.json'])).toMatchObject({
      resource: { logicalId: 'Inner' },
      attribute: 'TopicName',
    });
  });

  test('one that lies elsewhere, or is used twice, gives nothing away', () => {
    const far = assembly({
      'parent.json': parent({ TemplateURL: 'https://example.com/child.json' }),
      'child.json': child,
    });
    expect(valueOf(far['parent.json'])).toBeInstanceOf(Unknown);
    const twice = parent({ TemplateURL: 'child.json' });
    const again = { ...twice.Resources.Child, Properties: { TemplateURL: 'child.json', Parameters: { Given: 'b' } } };
    const found = assembly({
      'parent.json': { Resources: { ...twice.Resources, Again: again } },
      'child.json': child,
    });
    expect(valueOf(found['child.json'])).toBeInstanceOf(Unknown);
  });

  test('what leads in a circle is not known', () => {
    const circle = {
      Parameters: { Given: { Type: 'String' } },
      Resources: { Holder: holder({ Ref: 'Given' }) },
      Outputs: { Name: { Value: { Ref: 'Given' } } },
    };
    const looping = parent({ TemplateURL: 'child.json' });
    looping.Resources.Child.Properties.Parameters.Given = { 'Fn::GetAtt': ['Child', 'Outputs.Name'] } as never;
    const found = assembly({ 'parent.json': looping, 'child.json': circle });
    expect(valueOf(found['child.json'])).toBeInstanceOf(Unknown);
    expect(valueOf(found['parent.json'])).toBeInstanceOf(Unknown);
  });
});

test('an import is what another stack exports', () => {
  const found = assembly({
    'one.json': {
      Resources: { Topic: topic },
      Outputs: { Out: { Value: { Ref: 'Topic' }, Export: { Name: { 'Fn::Join': [':', ['one', 'topic']] } } } },
    },
    'other.json': { Resources: { Holder: holder({ 'Fn::ImportValue': 'one:topic' }) } },
  });
  expect(valueOf(found['other.json'])).toMatchObject({ resource: { logicalId: 'Topic' } });
  expect((valueOf(found['other.json']) as Reference).resource.template).toBe(found['one.json']);
});

test('all templates of an app are looked through', () => {
  const found = assembly({ 'one.json': { Resources: { A: topic } }, 'other.json': { Resources: { B: topic } } });
  expect(found['one.json'].everywhere('AWS::SNS::Topic').map(({ logicalId }) => logicalId)).toEqual(['A', 'B']);
});
