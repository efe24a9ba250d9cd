import { CfnResource, Lazy, Stack, Tags } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { renewWithContent } from '../../../lib/private/content-hash';
import { testStack } from '../../helpers/synth';

/** The logical id of a watcher that is renewed with what it watches. */
function watcherOf(stack: Stack, ...watched: CfnResource[]): CfnResource {
  const watcher = new CfnResource(stack, 'Watcher', { type: 'Test::Watcher' });
  renewWithContent(watcher, () => watched);
  return watcher;
}

const watched = (stack: Stack, properties: Record<string, unknown>, id = 'Watched') =>
  new CfnResource(stack, id, { type: 'Test::Watched', properties });

const idIn = (stack: Stack): string => Object.keys(Template.fromStack(stack).findResources('Test::Watcher'))[0];

function idWith(properties: Record<string, unknown>): string {
  const stack = testStack();
  watcherOf(stack, watched(stack, properties));
  return idIn(stack);
}

test('the same content gives the same id, another content another', () => {
  expect(idWith({ Size: 1 })).toMatch(/^Watcher[0-9A-F]{8}$/);
  expect(idWith({ Size: 1 })).toBe(idWith({ Size: 1 }));
  expect(idWith({ Size: 1 })).not.toBe(idWith({ Size: 2 }));
});

test('every resource counts', () => {
  const idOf = (second: number): string => {
    const stack = testStack();
    watcherOf(stack, watched(stack, { Size: 1 }), watched(stack, { Size: second }, 'Other'));
    return idIn(stack);
  };
  expect(idOf(1)).not.toBe(idOf(2));
});

test('a tag changes nothing: it is changed in place', () => {
  expect(idWith({ Size: 1, Tags: [{ Key: 'build', Value: '7' }] })).toBe(idWith({ Size: 1 }));
});

test('tags of the app change nothing either', () => {
  const tagged = testStack();
  watcherOf(tagged, watched(tagged, { Size: 1 }));
  Tags.of(tagged).add('build', '8');
  expect(idIn(tagged)).toBe(idWith({ Size: 1 }));
});

test('what is decided only at the end counts', () => {
  const stack = testStack();
  let size = 1;
  watcherOf(stack, watched(stack, { Size: Lazy.number({ produce: () => size }) }));
  size = 2;
  expect(idIn(stack)).toBe(idWith({ Size: 2 }));
});

test('an id that was asked for too early is not kept', () => {
  const stack = testStack();
  let size = 1;
  const watcher = watcherOf(stack, watched(stack, { Size: Lazy.uncachedNumber({ produce: () => size }) }));
  expect(stack.resolve(watcher.logicalId)).toBe(idWith({ Size: 1 }));
  size = 2;
  expect(idIn(stack)).toBe(idWith({ Size: 2 }));
});

test('an override counts', () => {
  const stack = testStack();
  const resource = watched(stack, { Size: 1 });
  watcherOf(stack, resource);
  resource.addPropertyOverride('Size', 3);
  expect(idIn(stack)).toBe(idWith({ Size: 3 }));
});

test('a reference to the renewed resource follows it', () => {
  const stack = testStack();
  const watcher = watcherOf(stack, watched(stack, { Size: 1 }));
  new CfnResource(stack, 'Reader', { type: 'Test::Reader', properties: { Name: watcher.ref } });
  Template.fromStack(stack).hasResourceProperties('Test::Reader', { Name: { Ref: idIn(stack) } });
});

test('what is watched may refer to other stacks', () => {
  const stack = testStack();
  const other = new Stack(stack.node.root, 'Other');
  const source = new CfnResource(other, 'Source', { type: 'Test::Source' });
  watcherOf(stack, watched(stack, { From: source.ref }));
  expect(idIn(stack)).toMatch(/^Watcher[0-9A-F]{8}$/);
});
