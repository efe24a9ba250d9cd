import {
  environmentDecidedTwice,
  faultyEnvironment,
  hubOutOfReach,
  modelInOnePlace,
} from '../../../../lib/checks/bounds/container';

const variables = (count: number, value = 'x') =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`V${index}`, value]));

test('100 variables are accepted, 101 are not', () => {
  expect(faultyEnvironment(variables(100))).toEqual([]);
  expect(faultyEnvironment(variables(101))).toEqual([
    expect.objectContaining({ id: 'environment-count', message: expect.stringContaining('has 101') as string }),
  ]);
});

test.each(['A', '_', 'a_1', 'A'.repeat(1024)])('the name %p is accepted', (name) => {
  expect(faultyEnvironment({ [name]: 'x' })).toEqual([]);
});

test.each(['', '1A', 'A-B', 'A.B', 'Ä', 'A ', 'A\n'])('the name %p is refused', (name) => {
  expect(faultyEnvironment({ [name]: 'x' })).toEqual([expect.objectContaining({ id: 'environment-name' })]);
});

test('names and values may have 1,024 bytes, whatever number of letters that is', () => {
  expect(faultyEnvironment({ A: 'x'.repeat(1024) })).toEqual([]);
  expect(faultyEnvironment({ A: 'ä'.repeat(512) })).toEqual([]);
  const [fault, ...others] = faultyEnvironment({ A: 'ä'.repeat(513) });
  expect([fault.id, others]).toEqual(['environment-variable-size', []]);
  expect(fault.message).toBe("the value of the variable 'A' in 'environment' has 1026 bytes, allowed are 1024");
  expect(faultyEnvironment({ ['A'.repeat(1025)]: '' })[0].message).toMatch(/^the name of the variable 'A{40}'/);
});

test('all names and values together may have 32 KiB', () => {
  // 32 times a name of 2 or 3 bytes and a value of 1,000.
  const names = Object.keys(variables(32)).join('').length;
  const rest = 32 * 1024 - names - 32 * 1000;
  expect(faultyEnvironment({ ...variables(32, 'x'.repeat(1000)), Z: 'x'.repeat(rest - 1) })).toEqual([]);
  expect(faultyEnvironment({ ...variables(32, 'x'.repeat(1000)), Z: 'x'.repeat(rest) })).toEqual([
    expect.objectContaining({ id: 'environment-size', message: expect.stringContaining('32769 bytes') as string }),
  ]);
});

test('what the options of the image decide, the model may repeat and not change', () => {
  expect(environmentDecidedTwice({ A: '1' }, { A: '1', B: '2' })).toEqual([]);
  expect(environmentDecidedTwice({ A: '1' }, { A: '2' })).toEqual([
    expect.objectContaining({
      id: 'environment-decided-twice',
      message: "'environment' sets 'A' to '2', and the options of the image set it to '1'",
    }),
  ]);
});

test.each([
  [{}, true, []],
  [{}, false, []],
  [{ fetchesFromHub: true }, false, []],
  [{ needsArtifact: true }, true, []],
  [{ fetchesFromHub: true }, true, ['model-in-two-places']],
  [{ needsArtifact: true }, false, ['model-nowhere']],
])('an image that says %p, with an artifact: %p', (image, hasArtifact, ids) => {
  expect(modelInOnePlace(image, hasArtifact).map(({ id }) => id)).toEqual(ids);
});

test('only a container without a network cannot reach a hub', () => {
  expect(hubOutOfReach(true, true).map(({ id }) => id)).toEqual(['hub-network-isolation']);
  expect([...hubOutOfReach(true, false), ...hubOutOfReach(false, true)]).toEqual([]);
});
