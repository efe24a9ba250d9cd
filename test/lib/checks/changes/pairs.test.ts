import * as path from 'node:path';
import { changesIn } from '../../../../lib/checks/changes/found-changes';
import { resolveAssembly } from '../../../../lib/checks/template/resolved-assembly';

describe('stacks', () => {
  const queue = { Type: 'AWS::SQS::Queue', Properties: {} };
  const nested = (url: unknown, policy?: string) => ({
    Type: 'AWS::CloudFormation::Stack',
    DeletionPolicy: policy,
    Properties: { TemplateURL: url },
  });
  type Files = Readonly<Record<string, object>>;
  const app = (files: Files) =>
    resolveAssembly(
      Object.entries(files).map(([file, Resources]) => ({ file: path.join('app', file), template: { Resources } })),
    );
  const found = (old: Files, now: Files) =>
    changesIn(app(old), app(now)).map(({ rule, file, resource }) => [rule.id, path.basename(file), resource.logicalId]);

  test('are the same where their files are called the same, or where there is one', () => {
    expect(found({ 'a.json': { Queue: queue } }, { 'b.json': { Queue: queue } })).toEqual([]);
    expect(found({ 'a.json': { Queue: queue }, 'b.json': {} }, { 'b.json': { Queue: queue }, 'a.json': {} })).toEqual([
      ['change-store-deleted', 'a.json', 'Queue'],
    ]);
  });

  test('that have other files are told by the file in which a resource is', () => {
    expect(found({ 'a.json': { Queue: queue } }, { 'b.json': {} })).toEqual([
      ['change-store-deleted', 'a.json', 'Queue'],
    ]);
  });

  test('that are gone take all with them', () => {
    expect(found({ 'a.json': { Queue: queue }, 'b.json': {} }, { 'b.json': {} })).toEqual([
      ['change-store-deleted', 'a.json', 'Queue'],
    ]);
  });

  test('that are nested are the same where their logical ids are, whatever their files are called', () => {
    const before = { 'top.json': { Inner: nested('one.json') }, 'one.json': { Queue: queue } };
    const other = { 'top.json': { Inner: nested('two.json') }, 'two.json': { Queue: queue } };
    const moved = { 'top.json': { Other: nested('one.json') }, 'one.json': { Queue: queue } };
    expect(found(before, other)).toEqual([]);
    expect(found(before, moved)).toEqual([['change-store-deleted', 'one.json', 'Queue']]);
    expect(found(before, { 'top.json': { Queue: queue } })).toEqual([['change-store-deleted', 'one.json', 'Queue']]);
    expect(found({ 'top.json': { Queue: queue } }, before)).toEqual([['change-store-deleted', 'top.json', 'Queue']]);
  });

  test('that are nested are not judged where they are retained, or their new template is not known', () => {
    const before = { 'top.json': { Inner: nested('one.json', 'Retain') }, 'one.json': { Queue: queue } };
    expect(found(before, { 'top.json': {} })).toEqual([]);
    const open = { 'top.json': { Inner: nested('one.json') }, 'one.json': { Queue: queue } };
    expect(found(open, { 'top.json': { Inner: nested('https://templates/one.json') } })).toEqual([]);
    expect(found(before, { 'top.json': { Inner: nested('https://templates/one.json') } })).toEqual([]);
  });

  test('that are nested twice are looked at for each use, and one that nests itself has an end', () => {
    const before = { 'top.json': { A: nested('one.json'), B: nested('one.json') }, 'one.json': { Queue: queue } };
    expect(found(before, { 'top.json': { A: nested('one.json') }, 'one.json': { Queue: queue } })).toHaveLength(1);
    const endless = {
      'top.json': { A: nested('one.json') },
      'one.json': { B: nested('two.json') },
      'two.json': { C: nested('one.json') },
    };
    expect(found(endless, endless)).toEqual([]);
  });

  test('that hand a name to each other meet: it is still taken', () => {
    const named = { ...queue, Properties: { QueueName: 'jobs' } };
    const before = { 'a.json': { Queue: named }, 'b.json': {} };
    expect(found(before, { 'a.json': {}, 'b.json': { Queue: named } })).toEqual([
      ['change-name-taken', 'a.json', 'Queue'],
    ]);
    expect(found(before, { 'b.json': { Queue: named } })).toEqual([['change-name-taken', 'a.json', 'Queue']]);
    const twice = { 'a.json': { Queue: named }, 'b.json': { Queue: named } };
    expect(found(twice, { 'a.json': {}, 'b.json': { Queue: named } })).toEqual([
      ['change-store-deleted', 'a.json', 'Queue'],
    ]);
  });
});
