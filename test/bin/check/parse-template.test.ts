import { linesOfResources, parseTemplate } from '../../../bin/check/parse-template';

const properties = (yaml: string): unknown => {
  const text = `Resources:\n  A:\n    Type: T\n    Properties:\n${yaml.replace(/^/gm, '      ')}`;
  return (parseTemplate('a.yaml', text) as { Resources: { A: { Properties: unknown } } }).Resources.A.Properties;
};

test.each([
  ['P: !Ref A', { Ref: 'A' }],
  ['P: !Condition On', { Condition: 'On' }],
  ['P: !GetAtt A.B.C', { 'Fn::GetAtt': 'A.B.C' }],
  ['P: !GetAtt [A, B.C]', { 'Fn::GetAtt': ['A', 'B.C'] }],
  ['P: !GetAtt\n  - A\n  - B', { 'Fn::GetAtt': ['A', 'B'] }],
  ['P: !Sub "${A}-x"', { 'Fn::Sub': '${A}-x' }],
  ['P: !Sub ["${V}-x", {V: !Ref A}]', { 'Fn::Sub': ['${V}-x', { V: { Ref: 'A' } }] }],
  ['P: !Sub\n  - ${V}-x\n  - V: !GetAtt A.B', { 'Fn::Sub': ['${V}-x', { V: { 'Fn::GetAtt': 'A.B' } }] }],
  ['P: !Sub |\n  one\n  ${A}\n', { 'Fn::Sub': 'one\n${A}\n' }],
  ['P: !If [On, !Ref A, !Ref AWS::NoValue]', { 'Fn::If': ['On', { Ref: 'A' }, { Ref: 'AWS::NoValue' }] }],
  ['P: !Join [",", [!Ref A, b]]', { 'Fn::Join': [',', [{ Ref: 'A' }, 'b']] }],
  ['P: !Join\n  - ""\n  - - a\n    - !Ref A', { 'Fn::Join': ['', ['a', { Ref: 'A' }]] }],
  ['P: !FindInMap [M, !Ref AWS::Region, k]', { 'Fn::FindInMap': ['M', { Ref: 'AWS::Region' }, 'k'] }],
  ['P: !Select [0, !GetAZs ""]', { 'Fn::Select': [0, { 'Fn::GetAZs': '' }] }],
  ['P: !Select [1, !Split ["/", !GetAtt A.B]]', { 'Fn::Select': [1, { 'Fn::Split': ['/', { 'Fn::GetAtt': 'A.B' }] }] }],
  ['P: !ImportValue name', { 'Fn::ImportValue': 'name' }],
  ['P: !ImportValue\n  Fn::Sub: "${A}-x"', { 'Fn::ImportValue': { 'Fn::Sub': '${A}-x' } }],
  ['P: !Base64\n  Fn::Join: ["", [a, !Ref A]]', { 'Fn::Base64': { 'Fn::Join': ['', ['a', { Ref: 'A' }]] } }],
  ['P: !Cidr [!GetAtt V.CidrBlock, 6, 8]', { 'Fn::Cidr': [{ 'Fn::GetAtt': 'V.CidrBlock' }, 6, 8] }],
  [
    'P: !And [!Condition A, !Not [!Equals [!Ref P, x]]]',
    { 'Fn::And': [{ Condition: 'A' }, { 'Fn::Not': [{ 'Fn::Equals': [{ Ref: 'P' }, 'x'] }] }] },
  ],
  ['P: !Or [!Condition A, !Condition B]', { 'Fn::Or': [{ Condition: 'A' }, { Condition: 'B' }] }],
  [
    'P: !Transform {Name: AWS::Include, Parameters: {Location: !Sub "s3://${B}"}}',
    { 'Fn::Transform': { Name: 'AWS::Include', Parameters: { Location: { 'Fn::Sub': 's3://${B}' } } } },
  ],
  ['P: !ToJsonString {a: !Ref A}', { 'Fn::ToJsonString': { a: { Ref: 'A' } } }],
  ['P: !Length [1, 2]', { 'Fn::Length': [1, 2] }],
  ['P: [!Ref A, {Q: !Ref B}]', [{ Ref: 'A' }, { Q: { Ref: 'B' } }]],
])('%s is spelt out', (yaml, value) => {
  expect(properties(yaml)).toEqual({ P: value });
});

test('plain values stay what they are: dates are text, numbers are numbers', () => {
  expect(properties('A: 2010-09-09\nB: 60\nC: true\nD: "60"\nE: 0.5\nF: ~')).toEqual({
    A: '2010-09-09',
    B: 60,
    C: true,
    D: '60',
    E: 0.5,
    F: null,
  });
});

test('anchors are followed', () => {
  expect(properties('A: &a {x: !Ref B}\nC: *a')).toEqual({ A: { x: { Ref: 'B' } }, C: { x: { Ref: 'B' } } });
});

test('JSON is read as it is, with a byte order mark or without', () => {
  const template = { Resources: { A: { Type: 'T', Properties: { Text: 'a "key": in a text', Ref: 'x' } } } };
  expect(parseTemplate('a.json', JSON.stringify(template))).toEqual(template);
  expect(parseTemplate('a.json', `\uFEFF${JSON.stringify(template)}`)).toEqual(template);
});

test.each([
  ['no resources', 'Outputs: {}', 'a: it has no Resources'],
  ['a list', '- a', 'a: it has no Resources'],
  ['a list of resources', 'Resources: []', 'a: it has no Resources'],
  ['text', 'hello', 'a: it has no Resources'],
  ['nothing', '', 'a: it has no Resources'],
  ['a key twice in YAML', 'Resources:\n  A: {}\n  A: {}\n', 'a:3:3: '],
  ['a key twice in JSON', '{"Resources": {\n "A": {"x": 1,\n  "x": 2}}}', 'a:3:3: '],
  ['JSON without a colon', '{"Resources": {"A" {}}}', 'a:1:20: '],
  ['JSON that ends early', '{"Resources": {\n "A": {', 'a:2:8: '],
  ['YAML that ends early', 'Resources:\n  A: [1,\n', 'a:3:1: '],
  ['several documents', 'Resources: {}\n---\nResources: {}\n', 'a:2:1: '],
  ['an anchor that is not there', 'Resources: *gone', 'a: Unresolved alias'],
  ['too many brackets of YAML', `Resources: ${'['.repeat(50_000)}`, 'a:1:'],
  ['too many brackets of JSON', `{"Resources": ${'['.repeat(50_000)}${']'.repeat(50_000)}}`, 'a:1:'],
])('%s is refused, with the place', (_, text, message) => {
  const place = message.replace(': it has', ' is no CloudFormation template: it has');
  expect(() => parseTemplate('a', text)).toThrow(place);
});

test('anchors that multiply are refused at once', () => {
  const lines = ['a: &a [x, x, x, x, x, x, x, x]'];
  for (const [from, to] of ['ab', 'bc', 'cd', 'de', 'ef', 'fg', 'gh'].map((pair) => [...pair])) {
    lines.push(`${to}: &${to} [${Array.from({ length: 9 }, () => `*${from}`).join(', ')}]`);
  }
  const start = Date.now();
  expect(() => parseTemplate('a', `${lines.join('\n')}\nResources: {R: *h}\n`)).toThrow(/^a: .*alias/);
  expect(Date.now() - start).toBeLessThan(2000);
});

test.each([
  ['YAML', '# a comment\nResources:\n  A:\n    Type: T\n\n  "B c": {Type: !Ref A}\n', { A: 3, 'B c': 6 }],
  ['JSON', '{\n  "Outputs": {"A": 1},\n  "Resources": {\n    "A": {},\n\n    "B c": {}\n  }\n}\n', { A: 4, 'B c': 6 }],
  ['JSON with other ends of lines', '{\r\n"Resources": {\r\n"A": {},\r\n"B": {}}}', { A: 3, B: 4 }],
  ['what is no template', '- a', {}],
])('the lines of resources are found in %s', (_, text, lines) => {
  expect(Object.fromEntries(linesOfResources(text))).toEqual(lines);
});
